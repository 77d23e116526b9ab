// Weights alone in int8: for networks that must be small and lose next to nothing, and need not be fast.

#include "compress/weight_int8.h"

#include <torch/torch.h>

#include "compress/plugin.h"
#include "compress/quantized_ops.h"

namespace assay::compress {

WeightInt8Network::WeightInt8Network(std::shared_ptr<models::Model> model) : model_(std::move(model)) {
  const torch::NoGradGuard no_grad;
  for (const auto& folded : models::fold_batch_norm(model_->graph())) {
    auto& layer = layers_.emplace_back();
    if (!folded.weight.defined()) continue;
    const auto weight = quantize_weight(folded.weight);
    std::vector<std::int64_t> per_channel(static_cast<std::size_t>(weight.dim()), 1);
    per_channel.front() = -1;
    layer = {weight.int_repr(), weight.q_per_channel_scales().to(at::kFloat).view(per_channel), folded.bias};
  }
}

at::Tensor WeightInt8Network::forward(const at::Tensor& images) const {
  const torch::NoGradGuard no_grad;
  return models::run_graph(graph(), images, [&](const models::Node& node, at::ArrayRef<at::Tensor> inputs) {
    const auto& layer = layers_[node.id];
    if (!layer.levels.defined()) return models::evaluate_folded(node, {}, inputs);
    return models::evaluate_folded(node, {layer.levels.to(at::kFloat) * layer.scale, layer.bias}, inputs);
  });
}

namespace {

struct WeightInt8Options {
  static auto schema() { return config::schema<WeightInt8Options>(); }
};

class WeightInt8 final : public Step {
 public:
  explicit WeightInt8(const WeightInt8Options& /*options*/) {}

  std::string name() const override { return "weight_int8"; }
  bool quantizes() const override { return true; }

  StepOutput run(const StepInput& input) const override {
    float_network(input, name());
    return {{input.network.model, std::make_shared<WeightInt8Network>(input.network.model), input.network.holds_zeros},
            {{"weights", "int8 per channel, convolutions and linear layers"}, {"activations", "float32"}}};
  }
};

}  // namespace

ASSAY_STEP(weight_int8, WeightInt8, WeightInt8Options)

}  // namespace assay::compress
