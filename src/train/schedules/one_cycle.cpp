// One cycle: the rate rises to the base rate and falls far below its initial value, both along half a cosine.
// Source: Smith and Topin, Super-Convergence, arXiv 1708.07120, in the two phases of
// torch.optim.lr_scheduler.OneCycleLR; the momentum is constant.

#include <algorithm>
#include <cmath>
#include <numbers>

#include "train/schedules/plugin.h"
#include "train/schedules/warmup.h"

namespace assay::train {
namespace {

struct OneCycleOptions {
  double warmup_fraction = 0.0;
  double climb_fraction = 0.3;
  double initial_divisor = 25.0;
  double final_divisor = 1e4;

  static auto schema() {
    return config::schema<OneCycleOptions>(
        warmup_field<OneCycleOptions>(),
        config::field("climb_fraction", &OneCycleOptions::climb_fraction, config::between(0.0, 1.0),
                      "share of the steps after the warm-up in which the rate rises"),
        config::field("initial_divisor", &OneCycleOptions::initial_divisor, config::between(1.0, 1e12),
                      "base rate divided by the first rate"),
        config::field("final_divisor", &OneCycleOptions::final_divisor, config::between(1.0, 1e12),
                      "first rate divided by the last rate"));
  }
};

class OneCycle final : public Schedule {
 public:
  OneCycle(const OneCycleOptions& options, std::int64_t num_steps, std::int64_t /*steps_per_epoch*/)
      : warmup_(options.warmup_fraction, num_steps),
        last_step_(static_cast<double>(warmup_.num_steps_after() - 1)),
        peak_step_(options.climb_fraction * static_cast<double>(warmup_.num_steps_after()) - 1.0),
        first_(1.0 / options.initial_divisor),
        last_(first_ / options.final_divisor) {}

  double factor(std::int64_t step) const override {
    const auto since = std::min(static_cast<double>(warmup_.steps_since(step)), last_step_);
    if (since < peak_step_) return warmup_.factor(step) * anneal(first_, 1.0, since / peak_step_);
    const auto progress = peak_step_ < last_step_ ? (since - peak_step_) / (last_step_ - peak_step_) : 0.0;
    return warmup_.factor(step) * anneal(1.0, last_, progress);
  }

 private:
  /// Goes from `begin` to `end` along half a cosine.
  static double anneal(double begin, double end, double progress) {
    return end + (begin - end) * 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
  }

  Warmup warmup_;
  double last_step_;  ///< counted after the warm-up, as is the next
  double peak_step_;  ///< may lie between two steps
  double first_;
  double last_;
};

}  // namespace

ASSAY_SCHEDULE(one_cycle, OneCycle, OneCycleOptions)

}  // namespace assay::train
