// Structured pruning: removes the least important output channels of each group of layers whose values meet, so that
// channels really disappear, and with them the work of this layer and the next. A fine-tuning should follow.
// Source: groups of residual sums as in Fang et al., DepGraph, arXiv 2301.12900; for what is important see
// compress/channel_importance.h.

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "compress/channel_importance.h"
#include "compress/plugin.h"
#include "core/error.h"
#include "models/channels.h"

namespace assay::compress {
namespace {

constexpr double kRounding = 1e-9;  // 5 % of 20 channels is one

struct PruneOptions {
  double share = 0.5;
  double keep_macs = 0.0;
  std::string importance = "l2";
  std::string scope = "layer";
  std::int64_t multiple = 8;
  std::int64_t calibration_images = 512;

  static auto schema() {
    using Options = PruneOptions;
    return config::schema<Options>(
        config::field("share", &Options::share, config::between(0.0, 0.95),
                      "of the channels that is removed; less where what remains of a group of layers is rounded up"),
        config::field("keep_macs", &Options::keep_macs, config::between(0.0, 1.0),
                      "instead of share: share of the multiplications that may remain; the fewest channels are removed "
                      "that reach it; 0: share decides"),
        config::field("importance", &Options::importance, config::one_of("l1", "l2", "batch_norm", "taylor"),
                      "of a channel: norm of its weights; scale of its BatchNorm (of its weights where there is none); "
                      "or by how much the loss on training images would change without it, to first order"),
        config::field("scope", &Options::scope, config::one_of("layer", "global"),
                      "layer: the same share of each group of layers; global: what is least important anywhere"),
        config::field("multiple", &Options::multiple, config::between(1, 64),
                      "the channels that remain are a multiple of it, which kernels like, and at least it"),
        config::field("calibration_images", &Options::calibration_images, config::between(1, 100'000),
                      "for importance = taylor: training images on which the loss is taken"));
  }
};

/// Layers that can only be pruned alike.
struct Group {
  std::vector<models::NodeId> layers;
  at::Tensor score;  // (C_out)
};

std::int64_t num_wanted(std::int64_t num_channels, double share) {
  return static_cast<std::int64_t>(std::ceil((1.0 - share) * static_cast<double>(num_channels) - kRounding));
}

std::vector<std::int64_t> wanted_of_each(const std::vector<Group>& groups, double share) {
  std::vector<std::int64_t> counts;
  for (const auto& group : groups) counts.push_back(num_wanted(group.score.size(0), share));
  return counts;
}

std::vector<std::int64_t> wanted_of_all(const std::vector<Group>& groups, double share) {
  if (groups.empty()) return {};
  std::vector<at::Tensor> scores;
  std::vector<std::int64_t> sizes, counts;
  for (const auto& group : groups) {
    scores.push_back(group.score);
    sizes.push_back(group.score.size(0));
  }
  const auto all = torch::cat(scores);
  const auto best = all.argsort(/*stable=*/true, /*dim=*/0, /*descending=*/true);
  const auto is_kept =
      torch::zeros({all.size(0)}, torch::kLong).index_fill_(0, best.narrow(0, 0, num_wanted(all.size(0), share)), 1);
  for (const auto& part : is_kept.split_with_sizes(sizes)) counts.push_back(part.sum().item<std::int64_t>());
  return counts;
}

/// Returns the `count` most important channels, ascending.
std::vector<std::int64_t> most_important(const at::Tensor& score, std::int64_t count) {
  const auto chosen =
      std::get<0>(score.argsort(/*stable=*/true, /*dim=*/0, /*descending=*/true).narrow(0, 0, count).sort());
  return {chosen.const_data_ptr<std::int64_t>(), chosen.const_data_ptr<std::int64_t>() + count};
}

class Prune final : public Step {
 public:
  explicit Prune(PruneOptions options) : options_(std::move(options)) {
    if (options_.keep_macs == 0.0 || options_.share == PruneOptions().share) return;
    throw Error(
        ErrorKind::kConfig,
        fmt::format("prune: share = {} and keep_macs = {} both say how much goes", options_.share, options_.keep_macs),
        "", "leave one of them at its default");
  }

  std::string name() const override { return "prune"; }

  StepOutput run(const StepInput& input) const override {
    const auto& model = float_network(input, name());
    if (options_.keep_macs == 0.0) return output_of(input, scored_groups(model, input), options_.share, {});
    const auto image = input.calibration_images(1);
    const std::array<std::int64_t, 3> shape = {image.size(1), image.size(2), image.size(3)};
    const auto groups = scored_groups(model, input);
    const auto share = share_for_macs(model, groups, shape);
    auto output = output_of(input, groups, share, {{"share", fmt::format("{:.4f}", share)}});
    output.settings.emplace_back(
        "macs", fmt::format("{} of {}", output.network.model->count_macs(shape), model.count_macs(shape)));
    return output;
  }

 private:
  std::vector<Group> scored_groups(const models::Model& model, const StepInput& input) const {
    ChannelScores scores;
    if (options_.importance == "taylor") {
      const auto images = input.calibration_images(options_.calibration_images);
      scores = score_by_gradients(model, images, input.calibration_labels(images.size(0)), input.num_at_once);
    } else {
      scores = score_by_weights(model.graph(), options_.importance);
    }
    const torch::NoGradGuard no_grad;
    std::vector<Group> groups;
    for (auto& layers : models::channel_groups(model.graph())) {
      auto score = group_score(layers, scores);
      groups.push_back({std::move(layers), std::move(score)});
    }
    return groups;
  }

  models::KeptChannels choose(const std::vector<Group>& groups, double share) const {
    const auto wanted = options_.scope == "global" ? wanted_of_all(groups, share) : wanted_of_each(groups, share);
    models::KeptChannels kept;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const auto num_blocks =
          (std::max(wanted[i], std::int64_t{1}) + options_.multiple - 1) / options_.multiple;  // rounded up
      const auto count = std::min(num_blocks * options_.multiple, groups[i].score.size(0));
      const auto channels = most_important(groups[i].score, count);
      for (const auto layer : groups[i].layers) kept[layer] = channels;
    }
    return kept;
  }

  /// Finds the smallest share whose network has at most the wanted multiplications, which fall as the share rises.
  double share_for_macs(const models::Model& model, const std::vector<Group>& groups,
                        const std::array<std::int64_t, 3>& shape) const {
    const auto all = static_cast<double>(model.count_macs(shape));
    const auto share_left = [&](double share) {
      return static_cast<double>(models::with_channels(model, choose(groups, share))->count_macs(shape)) / all;
    };
    if (options_.keep_macs >= 1.0) return 0.0;
    double too_small = 0.0, sufficient = 1.0;
    if (const auto fewest = share_left(sufficient); fewest > options_.keep_macs) {
      throw Error(
          ErrorKind::kConfig,
          fmt::format("prune: keep_macs = {} cannot be reached: with {} channels in each group of layers {:.4f} "
                      "of the multiplications are left",
                      options_.keep_macs, options_.multiple, fewest),
          "", "lower multiple or raise keep_macs");
    }
    constexpr int kHalvings = 20;  // finer than one channel of a million
    for (int i = 0; i < kHalvings; ++i) {
      const auto middle = (too_small + sufficient) / 2.0;
      (share_left(middle) <= options_.keep_macs ? sufficient : too_small) = middle;
    }
    return sufficient;
  }

  StepOutput output_of(const StepInput& input, const std::vector<Group>& groups, double share,
                       std::vector<std::pair<std::string, std::string>> settings) const {
    const auto& model = *input.network.model;
    const auto kept = choose(groups, share);
    const auto smaller = models::with_channels(model, kept);
    std::int64_t before = 0, after = 0;
    for (const auto& group : groups) {
      before += group.score.size(0);
      after += static_cast<std::int64_t>(kept.at(group.layers.front()).size());
    }
    settings.insert(settings.begin(),
                    {{"importance", options_.importance},
                     {"channels", fmt::format("{} of {}", after, before)},
                     {"parameters", fmt::format("{} of {}", smaller->num_parameters(), model.num_parameters())},
                     {"scope", options_.scope}});
    return {{smaller, nullptr, input.network.holds_zeros}, std::move(settings)};
  }

  PruneOptions options_;
};

}  // namespace

ASSAY_STEP(prune, Prune, PruneOptions)

}  // namespace assay::compress
