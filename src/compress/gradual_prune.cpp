// Gradual pruning: trains while more and more of the smallest weights become zero, so that the network can adapt to
// each loss. What is zero stays so, here and in the steps behind. As with sparsify, neither the file nor the time
// shrinks. Source: Zhu and Gupta, To Prune, or Not to Prune, arXiv 1710.01878.

#include <fmt/format.h>

#include <algorithm>

#include "compress/plugin.h"
#include "compress/sparsity.h"
#include "compress/sparsity_schedule.h"
#include "core/error.h"

namespace assay::compress {
namespace {

struct GradualPruneOptions {
  std::int64_t epochs = 4;
  double rate_factor = 0.1;
  std::string schedule = "cubic";
  double initial_sparsity = 0.0;
  double final_sparsity = 0.8;
  double begin = 0.0;
  double end = 0.75;
  std::int64_t every_steps = 100;
  std::string scope = "layer";

  static auto schema() {
    using Options = GradualPruneOptions;
    return config::schema<Options>(
        config::field("epochs", &Options::epochs, config::at_least(1), "passes over the training images"),
        config::field("rate_factor", &Options::rate_factor, config::between(0.0, 10.0),
                      "of the learning rate of the training before"),
        config::field("schedule", &Options::schedule, config::one_of("linear", "cubic", "exponential"),
                      "how the sparsity grows: cubic: fast at first, when much is superfluous; exponential: what is "
                      "left falls by the same factor at each step"),
        config::field("initial_sparsity", &Options::initial_sparsity, config::between(0.0, 1.0),
                      "share of the weights that is zero from the first step of pruning on"),
        config::field("final_sparsity", &Options::final_sparsity, config::between(0.0, 1.0),
                      "share of the weights that is zero at the end, between 0 and 1"),
        config::field("begin", &Options::begin, config::between(0.0, 1.0),
                      "share of this training's steps after which pruning begins"),
        config::field("end", &Options::end, config::between(0.0, 1.0),
                      "share of this training's steps after which the final sparsity is reached; the rest repairs"),
        config::field("every_steps", &Options::every_steps, config::at_least(1),
                      "steps of training between two steps of pruning"),
        config::field("scope", &Options::scope, config::one_of("layer", "global"),
                      "layer: the same share of each layer; global: the smallest weights anywhere"));
  }
};

class GradualPrune final : public Step {
 public:
  explicit GradualPrune(GradualPruneOptions options) : options_(std::move(options)) {
    const auto refuse = [](const std::string& what, const std::string& hint) {
      throw Error(ErrorKind::kConfig, "gradual_prune: " + what, "", hint);
    };
    if (options_.final_sparsity <= 0.0 || options_.final_sparsity >= 1.0) {
      refuse(fmt::format("final_sparsity = {} would {}", options_.final_sparsity,
                         options_.final_sparsity <= 0.0 ? "change nothing" : "leave no weight"),
             "choose a value between 0 and 1, such as 0.8");
    }
    if (options_.initial_sparsity >= options_.final_sparsity) {
      refuse(fmt::format("initial_sparsity = {} is not below final_sparsity = {}", options_.initial_sparsity,
                         options_.final_sparsity),
             "0 begins with the network as it is");
    }
    if (options_.begin >= options_.end) {
      refuse(fmt::format("begin = {} is not before end = {}", options_.begin, options_.end),
             "0 and 0.75 leave a quarter of the training to repair");
    }
  }

  std::string name() const override { return "gradual_prune"; }

  StepOutput run(const StepInput& input) const override {
    const auto model = float_network(input, name()).copy();
    const auto scope = parse_sparsity_scope(options_.scope);
    const auto prune_before = [&](std::int64_t step, std::int64_t num_steps) {
      const auto schedule = schedule_of(num_steps);
      if (!schedule.changes_before(step)) return;
      zero_smallest(train::weights_of_layers(*model), schedule.at(step), scope);
    };
    input.train(*model, {.epochs = options_.epochs,
                         .rate_factor = options_.rate_factor,
                         .holds_zeros = true,
                         .before_step = prune_before,
                         .keeps_last = true});
    std::vector<std::pair<std::string, std::string>> settings = {
        {"epochs", fmt::format("{}", options_.epochs)},
        {"rate_factor", fmt::format("{}", options_.rate_factor)},
        {"schedule",
         fmt::format("{} from {} to {}", options_.schedule, options_.initial_sparsity, options_.final_sparsity)},
        {"scope", options_.scope}};
    for (auto& setting : describe_sparsity(train::weights_of_layers(*model))) settings.push_back(std::move(setting));
    return {{model, nullptr, /*holds_zeros=*/true}, std::move(settings)};
  }

 private:
  SparsitySchedule schedule_of(std::int64_t num_steps) const {
    const auto step_at = [&](double share) {
      return std::min(static_cast<std::int64_t>(share * static_cast<double>(num_steps)), num_steps - 1);
    };
    return {options_.schedule,       options_.initial_sparsity, options_.final_sparsity,
            step_at(options_.begin), step_at(options_.end),     options_.every_steps};
  }

  GradualPruneOptions options_;
};

}  // namespace

ASSAY_STEP(gradual_prune, GradualPrune, GradualPruneOptions)

}  // namespace assay::compress
