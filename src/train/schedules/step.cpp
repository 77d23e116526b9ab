// A learning rate that falls by a factor after certain epochs, counted from the start of the training.
// Source: torch.optim.lr_scheduler.StepLR and MultiStepLR.

#include <algorithm>
#include <cmath>

#include "train/schedules/plugin.h"
#include "train/schedules/warmup.h"

namespace assay::train {
namespace {

struct StepOptions {
  double warmup_fraction = 0.0;
  double gamma = 0.1;
  std::int64_t every_epochs = 30;
  std::vector<std::int64_t> milestones;

  static auto schema() {
    return config::schema<StepOptions>(
        warmup_field<StepOptions>(),
        config::field("gamma", &StepOptions::gamma, config::between(0.0, 1.0), "factor on the rate at each fall"),
        config::field("every_epochs", &StepOptions::every_epochs, config::at_least(1), "epochs between falls"),
        config::field("milestones", &StepOptions::milestones, config::at_least(1),
                      "epochs after which the rate falls; replaces every_epochs if set"));
  }
};

class Step final : public Schedule {
 public:
  Step(const StepOptions& options, std::int64_t num_steps, std::int64_t steps_per_epoch)
      : options_(options),
        warmup_(options.warmup_fraction, num_steps),
        last_step_(num_steps - 1),
        steps_per_epoch_(steps_per_epoch) {}

  double factor(std::int64_t step) const override {
    return warmup_.factor(step) *
           std::pow(options_.gamma, static_cast<double>(num_falls(std::min(step, last_step_) / steps_per_epoch_)));
  }

 private:
  std::int64_t num_falls(std::int64_t epochs_done) const {
    const auto& milestones = options_.milestones;
    if (milestones.empty()) return epochs_done / options_.every_epochs;
    return std::ranges::count_if(milestones, [&](std::int64_t milestone) { return milestone <= epochs_done; });
  }

  StepOptions options_;
  Warmup warmup_;
  std::int64_t last_step_;
  std::int64_t steps_per_epoch_;
};

}  // namespace

ASSAY_SCHEDULE(step, Step, StepOptions)

}  // namespace assay::train
