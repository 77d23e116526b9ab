// Dynamic int8: the weights of linear layers are stored as int8, their inputs are rounded anew for each call.
// Convolutions stay in float, with BatchNorm folded into them.

#include <torch/torch.h>

#include "compress/plugin.h"
#include "compress/quantized_ops.h"

namespace assay::compress {
namespace {

struct DynamicInt8Options {
  std::string engine = "fbgemm";

  static auto schema() {
    return config::schema<DynamicInt8Options>(config::field(
        "engine", &DynamicInt8Options::engine, config::one_of("fbgemm", "x86", "onednn"), "LibTorch's int8 engine"));
  }
};

class DynamicInt8Network final : public Quantized {
 public:
  DynamicInt8Network(std::shared_ptr<models::Model> model, std::string engine)
      : model_(std::move(model)),
        engine_(std::move(engine)),
        layers_(models::fold_batch_norm(model_->graph())),
        packed_(layers_.size()) {
    for (const auto& node : model_->graph()) {
      if (node.op != models::Op::kLinear) continue;
      packed_[node.id] = pack_linear(quantize_weight(layers_[node.id].weight), layers_[node.id].bias);
    }
  }

  at::Tensor forward(const at::Tensor& images) const override {
    const torch::NoGradGuard no_grad;
    const auto reduce_range = !has_exact_int8_products();
    return models::run_graph(model_->graph(), images, [&](const models::Node& node, at::ArrayRef<at::Tensor> inputs) {
      if (!packed_[node.id]) return models::evaluate_folded(node, layers_[node.id], inputs);
      return models::apply_activation(linear_dynamic(inputs[0], packed_[node.id], reduce_range), node.activation);
    });
  }

  void register_weights(torch::jit::Module& module) const override {
    for (std::size_t id = 0; id < packed_.size(); ++id) {
      if (!packed_[id]) continue;
      module.register_attribute("weights" + std::to_string(id), c10::getCustomClassType<LinearWeights>(),
                                c10::IValue(packed_[id]));
    }
  }

  std::string engine() const override { return engine_; }

 private:
  std::shared_ptr<models::Model> model_;
  std::string engine_;
  std::vector<models::FoldedLayer> layers_;  // one a node
  std::vector<LinearWeights> packed_;        // one a node, null where it is no linear layer
};

class DynamicInt8 final : public Step {
 public:
  explicit DynamicInt8(DynamicInt8Options options) : options_(std::move(options)) {}

  std::string name() const override { return "dynamic_int8"; }
  bool quantizes() const override { return true; }

  StepOutput run(const StepInput& input) const override {
    float_network(input, name());
    const torch::NoGradGuard no_grad;
    const EngineScope engine(options_.engine);
    return {{input.network.model, std::make_shared<DynamicInt8Network>(input.network.model, options_.engine)},
            {{"engine", options_.engine}, {"weights", "int8 per channel, linear layers"}, {"activations", "float32"}}};
  }

 private:
  DynamicInt8Options options_;
};

}  // namespace

ASSAY_STEP(dynamic_int8, DynamicInt8, DynamicInt8Options)

}  // namespace assay::compress
