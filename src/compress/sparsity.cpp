#include "compress/sparsity.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <cmath>

namespace assay::compress {
namespace {

/// Shapes: magnitudes (n) -> (n) bool.
at::Tensor are_smallest(const at::Tensor& magnitudes, double sparsity) {
  const auto count = static_cast<std::int64_t>(std::nearbyint(sparsity * static_cast<double>(magnitudes.size(0))));
  const auto ascending = magnitudes.argsort(/*stable=*/true, /*dim=*/0, /*descending=*/false);
  return at::zeros_like(magnitudes, at::kBool).index_fill_(0, ascending.narrow(0, 0, count), 1);
}

std::string layer_of(const std::string& weight) { return weight.substr(0, weight.rfind('.')); }

}  // namespace

SparsityScope parse_sparsity_scope(const std::string& name) {
  return name == "global" ? SparsityScope::kGlobal : SparsityScope::kLayer;
}

void zero_smallest(const train::NamedTensors& weights, double sparsity, SparsityScope scope) {
  const torch::NoGradGuard no_grad;
  if (scope == SparsityScope::kLayer) {
    for (const auto& [name, weight] : weights) {
      weight.masked_fill_(are_smallest(weight.abs().flatten(), sparsity).view(weight.sizes()), 0.0);
    }
    return;
  }
  std::vector<at::Tensor> magnitudes;
  std::vector<std::int64_t> counts;
  for (const auto& [name, weight] : weights) {
    magnitudes.push_back(weight.abs().flatten());
    counts.push_back(weight.numel());
  }
  if (magnitudes.empty()) return;
  const auto parts = are_smallest(at::cat(magnitudes), sparsity).split_with_sizes(counts);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const auto& weight = weights[i].second;
    weight.masked_fill_(parts[i].view(weight.sizes()), 0.0);
  }
}

bool zero_two_of_four(const at::Tensor& weight) {
  if (weight.size(1) % 4 != 0) return false;
  const torch::NoGradGuard no_grad;
  const auto inputs_last = weight.movedim(1, -1);
  const auto fours = inputs_last.abs().reshape({-1, 4});
  const auto smallest = fours.argsort(/*stable=*/true, /*dim=*/1, /*descending=*/false).narrow(1, 0, 2);
  const auto goes = at::zeros_like(fours, at::kBool).scatter_(1, smallest, 1);
  inputs_last.masked_fill_(goes.view(inputs_last.sizes()), 0.0);
  return true;
}

double sparsity_of(const train::NamedTensors& weights) {
  std::int64_t num_zeros = 0, num_weights = 0;
  for (const auto& [name, weight] : weights) {
    num_zeros += weight.numel() - weight.count_nonzero().item<std::int64_t>();
    num_weights += weight.numel();
  }
  return num_weights == 0 ? 0.0 : static_cast<double>(num_zeros) / static_cast<double>(num_weights);
}

std::vector<std::pair<std::string, std::string>> describe_sparsity(const train::NamedTensors& weights) {
  std::string layers;
  std::int64_t num_weights = 0;
  for (const auto& one : weights) {
    layers += fmt::format("{}{} {:.1f} %", layers.empty() ? "" : ", ", layer_of(one.first), sparsity_of({one}) * 100.0);
    num_weights += one.second.numel();
  }
  return {{"sparsity", fmt::format("{:.2f} % of {} weights", sparsity_of(weights) * 100.0, num_weights)},
          {"layers", layers},
          {"stored", "densely: neither the size of the file nor the time of an image changes"}};
}

}  // namespace assay::compress
