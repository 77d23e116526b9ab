// A learning rate that falls by a constant factor after every epoch.
// Source: torch.optim.lr_scheduler.ExponentialLR.

#include <algorithm>
#include <cmath>

#include "train/schedules/plugin.h"
#include "train/schedules/warmup.h"

namespace assay::train {
namespace {

struct ExponentialOptions {
  double warmup_fraction = 0.0;
  double gamma = 0.95;

  static auto schema() {
    return config::schema<ExponentialOptions>(
        warmup_field<ExponentialOptions>(),
        config::field("gamma", &ExponentialOptions::gamma, config::between(0.0, 1.0),
                      "factor on the rate after each epoch"));
  }
};

class Exponential final : public Schedule {
 public:
  Exponential(const ExponentialOptions& options, std::int64_t num_steps, std::int64_t steps_per_epoch)
      : warmup_(options.warmup_fraction, num_steps),
        gamma_(options.gamma),
        last_step_(num_steps - 1),
        steps_per_epoch_(steps_per_epoch) {}

  double factor(std::int64_t step) const override {
    const auto num_epochs_done = std::min(step, last_step_) / steps_per_epoch_;
    return warmup_.factor(step) * std::pow(gamma_, static_cast<double>(num_epochs_done));
  }

 private:
  Warmup warmup_;
  double gamma_;
  std::int64_t last_step_;
  std::int64_t steps_per_epoch_;
};

}  // namespace

ASSAY_SCHEDULE(exponential, Exponential, ExponentialOptions)

}  // namespace assay::train
