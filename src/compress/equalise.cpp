#include "compress/equalise.h"

#include <torch/torch.h>

#include <algorithm>

#include "models/operation.h"

namespace assay::compress {
namespace {

using models::Activation;
using models::FoldedLayer;
using models::Node;
using models::NodeId;
using models::Op;

constexpr int kMostSweeps = 50;
constexpr double kSmallestChange = 1e-4;  // of a scale
constexpr double kSmallestShare = 1e-5;   // of the largest channel's range

struct Pair {
  NodeId first, second;
};

bool is_layer(const Node& node) { return node.conv || node.linear; }

bool is_proportional(const Node& node) {
  return !is_layer(node) && node.activation == Activation::kNone &&
         models::row_of(node.op).channels == models::ChannelRule::kPassed;
}

std::vector<Pair> find_pairs(const models::Graph& graph) {
  std::vector<std::vector<NodeId>> users(graph.size());
  for (const auto& node : graph) {
    for (const auto input : node.inputs) users[input].push_back(node.id);
  }
  std::vector<Pair> pairs;
  for (const auto& node : graph) {
    const bool passes = node.activation == Activation::kNone || node.activation == Activation::kRelu;
    if (!is_layer(node) || !passes) continue;
    auto last = node.id;
    while (users[last].size() == 1 && is_proportional(graph[users[last].front()])) last = users[last].front();
    if (users[last].size() != 1) continue;
    const auto second = users[last].front();
    if (is_layer(graph[second])) pairs.push_back({node.id, second});
  }
  return pairs;
}

/// Views a layer's weight by its input channels, of which a linear layer behind pixels has several columns each.
/// Shapes: (C_out, C_in / groups, ...) -> (groups, C_out / groups, C_in / groups, values of a channel).
at::Tensor by_input_channel(const Node& node, const at::Tensor& weight, std::int64_t num_channels) {
  const auto groups = node.conv ? node.conv->options.groups() : 1;
  return weight.view({groups, weight.size(0) / groups, num_channels / groups, -1});
}

// A channel that hardly has weights would be blown up together with its bias.
at::Tensor matters(const at::Tensor& ranges) { return ranges.gt(kSmallestShare * ranges.max()); }

/// Scales one pair; returns the largest change of a scale.
double equalise_pair(const Node& second, FoldedLayer& from, FoldedLayer& to) {
  const auto num_channels = from.weight.size(0);
  const auto rows = from.weight.view({num_channels, -1});
  const auto columns = by_input_channel(second, to.weight, num_channels);
  const auto groups = columns.size(0);
  const auto first_range = rows.abs().amax(1).to(at::kDouble);                                   // (C)
  const auto second_range = columns.abs().amax({1, 3}).reshape({num_channels}).to(at::kDouble);  // (C)
  const auto is_used = matters(first_range).logical_and(matters(second_range));
  const auto scale = at::where(is_used, at::sqrt(first_range / second_range), at::ones_like(first_range));
  const auto factor = scale.to(at::kFloat);
  rows.div_(factor.unsqueeze(1));
  from.bias.div_(factor);
  columns.mul_(factor.view({groups, 1, num_channels / groups, 1}));
  return at::max(scale.log().abs()).item<double>();
}

}  // namespace

std::int64_t equalise(const models::Graph& graph, std::vector<FoldedLayer>& layers) {
  const torch::NoGradGuard no_grad;
  const auto pairs = find_pairs(graph);
  for (int sweep = 0; sweep < kMostSweeps; ++sweep) {
    double change = 0.0;
    for (const auto [first, second] : pairs) {
      change = std::max(change, equalise_pair(graph[second], layers[first], layers[second]));
    }
    if (change < kSmallestChange) break;
  }
  return std::ssize(pairs);
}

}  // namespace assay::compress
