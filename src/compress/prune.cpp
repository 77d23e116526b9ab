// Structured pruning: removes the least important output channels of each group of layers whose values meet, so that
// channels really disappear, and with them the work of this layer and the next. A fine-tuning should follow.
// Source: Li et al., Pruning Filters for Efficient ConvNets, arXiv 1608.08710 (norms of filters); Liu et al., Learning
// Efficient Convolutional Networks through Network Slimming, arXiv 1708.06519 (BatchNorm's scale); groups of residual
// sums as in Fang et al., DepGraph, arXiv 2301.12900.

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "compress/plugin.h"
#include "models/channels.h"

namespace assay::compress {
namespace {

struct PruneOptions {
  double share = 0.5;
  std::string importance = "l2";
  std::int64_t multiple = 8;

  static auto schema() {
    return config::schema<PruneOptions>(
        config::field("share", &PruneOptions::share, config::between(0.0, 0.95),
                      "of the channels of each group of layers that is removed; less where the rest is rounded up"),
        config::field(
            "importance", &PruneOptions::importance, config::one_of("l1", "l2", "batch_norm"),
            "of a channel: norm of its weights, or scale of its BatchNorm (of its weights where there is none)"),
        config::field("multiple", &PruneOptions::multiple, config::between(1, 64),
                      "the channels that remain are a multiple of it, which kernels like"));
  }
};

const at::Tensor& weight_of(const models::Node& node) { return node.conv ? node.conv->weight : node.linear->weight; }

/// Returns how important each output channel of a layer is; their mean is 1. Shapes: -> (C_out) float.
at::Tensor importance_of(const models::Node& node, const std::string& kind) {
  auto values = kind == "batch_norm" && node.batch_norm ? node.batch_norm->weight.abs()
                                                        : weight_of(node).flatten(1).norm(kind == "l1" ? 1 : 2, 1);
  return values / values.mean().clamp_min(1e-12);
}

/// Returns the `count` most important channels of layers that belong together, ascending.
std::vector<std::int64_t> most_important(const models::Graph& graph, const std::vector<models::NodeId>& group,
                                         const std::string& kind, std::int64_t count) {
  auto sum = importance_of(graph[group.front()], kind);
  for (std::size_t i = 1; i < group.size(); ++i) sum = sum + importance_of(graph[group[i]], kind);
  const auto chosen =
      std::get<0>(sum.argsort(/*stable=*/true, /*dim=*/0, /*descending=*/true).narrow(0, 0, count).sort());
  return {chosen.const_data_ptr<std::int64_t>(), chosen.const_data_ptr<std::int64_t>() + count};
}

std::int64_t num_kept(std::int64_t num_channels, const PruneOptions& options) {
  constexpr double kRounding = 1e-9;  // 5 % of 20 channels is one
  const auto wanted = std::ceil((1.0 - options.share) * static_cast<double>(num_channels) - kRounding);
  const auto rounded =
      std::ceil(wanted / static_cast<double>(options.multiple)) * static_cast<double>(options.multiple);
  return std::clamp(static_cast<std::int64_t>(rounded), std::int64_t{1}, num_channels);
}

class Prune final : public Step {
 public:
  explicit Prune(PruneOptions options) : options_(std::move(options)) {}

  std::string name() const override { return "prune"; }

  StepOutput run(const StepInput& input) const override {
    const torch::NoGradGuard no_grad;
    const auto& model = float_network(input, name());
    models::KeptChannels kept;
    std::int64_t before = 0, after = 0;
    for (const auto& group : models::channel_groups(model.graph())) {
      const auto num_channels = weight_of(model.graph()[group.front()]).size(0);
      const auto count = num_kept(num_channels, options_);
      const auto channels = most_important(model.graph(), group, options_.importance, count);
      for (const auto layer : group) kept[layer] = channels;
      before += num_channels;
      after += count;
    }
    const auto smaller = models::with_channels(model, kept);
    return {{smaller, nullptr},
            {{"importance", options_.importance},
             {"channels", fmt::format("{} of {}", after, before)},
             {"parameters", fmt::format("{} of {}", smaller->num_parameters(), model.num_parameters())}}};
  }

 private:
  PruneOptions options_;
};

}  // namespace

ASSAY_STEP(prune, Prune, PruneOptions)

}  // namespace assay::compress
