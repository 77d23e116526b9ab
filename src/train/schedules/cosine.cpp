// Cosine decay.
// Source: Loshchilov and Hutter, SGDR, arXiv 1608.03983, eq. 5 without restarts.

#include <cmath>
#include <numbers>

#include "train/schedules/plugin.h"
#include "train/schedules/warmup.h"

namespace assay::train {
namespace {

struct CosineOptions {
  double warmup_fraction = 0.05;
  double final_factor = 0.0;

  static auto schema() {
    return config::schema<CosineOptions>(warmup_field<CosineOptions>(),
                                         config::field("final_factor", &CosineOptions::final_factor,
                                                       config::between(0.0, 1.0), "factor at the last step"));
  }
};

class Cosine final : public Schedule {
 public:
  Cosine(const CosineOptions& options, std::int64_t num_steps, std::int64_t /*steps_per_epoch*/)
      : warmup_(options.warmup_fraction, num_steps), final_factor_(options.final_factor) {}

  double factor(std::int64_t step) const override {
    const auto fall = 0.5 * (1.0 + std::cos(std::numbers::pi * warmup_.progress(step)));
    return warmup_.factor(step) * (final_factor_ + (1.0 - final_factor_) * fall);
  }

 private:
  Warmup warmup_;
  double final_factor_;
};

}  // namespace

ASSAY_SCHEDULE(cosine, Cosine, CosineOptions)

}  // namespace assay::train
