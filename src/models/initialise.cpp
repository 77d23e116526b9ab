#include "models/initialise.h"

#include <torch/torch.h>

#include <cmath>

namespace assay::models {

void draw_he_normal(const at::Tensor& weight, const at::Generator& generator) {
  const torch::NoGradGuard no_grad;
  const auto fan_out = weight.numel() / weight.size(1);
  weight.normal_(0.0, std::sqrt(2.0 / static_cast<double>(fan_out)), generator);
}

void draw_as_resnet(const Graph& graph, const at::Generator& generator) {
  const torch::NoGradGuard no_grad;
  for (const auto& node : graph) {
    if (node.op != Op::kConv) continue;
    draw_he_normal(node.conv->weight, generator);
    if (node.conv->bias.defined()) node.conv->bias.zero_();
  }
  const auto& linear = graph.back().linear;
  const auto bound = 1.0 / std::sqrt(static_cast<double>(linear->options.in_features()));
  linear->weight.uniform_(-bound, bound, generator);
  linear->bias.uniform_(-bound, bound, generator);
}

}  // namespace assay::models
