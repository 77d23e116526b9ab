// A learning rate that falls by a factor when the validation loss has not improved for some epochs.
// Source: torch.optim.lr_scheduler.ReduceLROnPlateau with a relative threshold, but the rate may fall by any amount.

#include <algorithm>
#include <limits>

#include "core/error.h"
#include "train/schedules/plugin.h"
#include "train/schedules/warmup.h"

namespace assay::train {
namespace {

struct PlateauOptions {
  double warmup_fraction = 0.0;
  double gamma = 0.1;
  std::int64_t patience = 10;
  double threshold = 1e-4;
  std::int64_t cooldown = 0;
  double final_factor = 0.0;

  static auto schema() {
    return config::schema<PlateauOptions>(
        warmup_field<PlateauOptions>(),
        config::field("gamma", &PlateauOptions::gamma, config::between(0.0, 1.0), "factor on the rate at each fall"),
        config::field("patience", &PlateauOptions::patience, config::at_least(0),
                      "tolerated epochs without improvement"),
        config::field("threshold", &PlateauOptions::threshold, config::between(0.0, 1.0),
                      "share of the best loss by which a loss must be lower to count as an improvement"),
        config::field("cooldown", &PlateauOptions::cooldown, config::at_least(0),
                      "epochs after a fall that do not count as epochs without improvement"),
        config::field("final_factor", &PlateauOptions::final_factor, config::between(0.0, 1.0), "lowest factor"));
  }
};

class Plateau final : public Schedule {
 public:
  Plateau(const PlateauOptions& options, std::int64_t num_steps, std::int64_t /*steps_per_epoch*/)
      : options_(options), warmup_(options.warmup_fraction, num_steps) {}

  double factor(std::int64_t step) const override { return warmup_.factor(step) * factor_; }

  void observe(double validation_loss) override {
    if (validation_loss < best_loss_ * (1.0 - options_.threshold)) {
      best_loss_ = validation_loss;
      num_bad_epochs_ = 0.0;
    } else {
      num_bad_epochs_ += 1.0;
    }
    if (cooldown_left_ > 0.0) {
      cooldown_left_ -= 1.0;
      num_bad_epochs_ = 0.0;
    }
    if (num_bad_epochs_ <= static_cast<double>(options_.patience)) return;
    factor_ = std::max(factor_ * options_.gamma, options_.final_factor);
    cooldown_left_ = static_cast<double>(options_.cooldown);
    num_bad_epochs_ = 0.0;
  }

  std::vector<double> state() const override { return {factor_, best_loss_, num_bad_epochs_, cooldown_left_}; }

  void restore(const std::vector<double>& state) override {
    ASSAY_CHECK(state.size() == 4U);
    factor_ = state[0];
    best_loss_ = state[1];
    num_bad_epochs_ = state[2];
    cooldown_left_ = state[3];
  }

 private:
  PlateauOptions options_;
  Warmup warmup_;
  double factor_ = 1.0;
  double best_loss_ = std::numeric_limits<double>::max();  // finite, so that every format can save it
  double num_bad_epochs_ = 0.0;
  double cooldown_left_ = 0.0;
};

}  // namespace

ASSAY_SCHEDULE(plateau, Plateau, PlateauOptions)

}  // namespace assay::train
