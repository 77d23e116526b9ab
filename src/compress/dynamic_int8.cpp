// Dynamic int8: the weights of linear layers are stored as int8, their inputs are rounded anew for each call.
// Convolutions stay in float, with BatchNorm folded into them.

#include <torch/torch.h>

#include "compress/plugin.h"
#include "compress/quantized_ops.h"
#include "models/trace.h"

namespace assay::compress {
namespace {

struct DynamicInt8Options {
  std::string engine = "fbgemm";

  static auto schema() {
    return config::schema<DynamicInt8Options>(config::field(
        "engine", &DynamicInt8Options::engine, config::one_of("fbgemm", "x86", "onednn"), "LibTorch's int8 engine"));
  }
};

class DynamicInt8 final : public Technique {
 public:
  explicit DynamicInt8(DynamicInt8Options options) : options_(std::move(options)) {}

  std::string name() const override { return "dynamic_int8"; }

  std::int64_t num_calibration_images() const override { return 1; }  // for its shape only

  Compressed compress(const CompressionInput& input) const override {
    torch::NoGradGuard no_grad;
    const EngineScope engine(options_.engine);
    const auto& graph = input.model.graph();
    const auto layers = models::fold_batch_norm(graph);
    auto module = models::make_script_module("DynamicInt8");
    std::vector<LinearWeights> packed(graph.size());
    for (const auto& node : graph) {
      if (node.op != models::Op::kLinear) continue;
      packed[node.id] = pack_linear(quantize_weight(layers[node.id].weight), layers[node.id].bias);
      module.register_attribute("weights" + std::to_string(node.id), c10::getCustomClassType<LinearWeights>(),
                                c10::IValue(packed[node.id]));
    }
    const auto reduce_range = !has_exact_int8_products();
    const auto evaluate = [&](const models::Node& node, at::ArrayRef<at::Tensor> inputs) {
      if (node.op != models::Op::kLinear) return models::evaluate_folded(node, layers[node.id], inputs);
      return models::apply_activation(linear_dynamic(inputs[0], packed[node.id], reduce_range), node.activation);
    };
    models::record_forward(module, input.calibration.slice(0, 0, 1),
                           [&](const at::Tensor& images) { return models::run_graph(graph, images, evaluate); });
    return {module,
            options_.engine,
            {{"engine", options_.engine}, {"weights", "int8 per channel, linear layers"}, {"activations", "float32"}}};
  }

 private:
  DynamicInt8Options options_;
};

}  // namespace

ASSAY_TECHNIQUE(dynamic_int8, DynamicInt8, DynamicInt8Options)

}  // namespace assay::compress
