// Cosine decay after a linear warm-up.
// Source: Loshchilov and Hutter, SGDR, arXiv 1608.03983, eq. 5 without restarts; warm-up after Goyal et al., arXiv
// 1706.02677.

#include <algorithm>
#include <cmath>
#include <numbers>

#include "train/schedules/plugin.h"

namespace assay::train {
namespace {

struct CosineOptions {
  double warmup_fraction = 0.05;
  double final_factor = 0.0;

  static auto schema() {
    return config::schema<CosineOptions>(
        config::field("warmup_fraction", &CosineOptions::warmup_fraction, config::between(0.0, 1.0),
                      "share of all steps in which the rate climbs from 0"),
        config::field("final_factor", &CosineOptions::final_factor, config::between(0.0, 1.0),
                      "factor at the last step"));
  }
};

class Cosine final : public Schedule {
 public:
  Cosine(const CosineOptions& options, std::int64_t num_steps, std::int64_t)
      : num_warmup_steps_(std::llround(options.warmup_fraction * static_cast<double>(num_steps))),
        num_decay_steps_(std::max<std::int64_t>(1, num_steps - num_warmup_steps_)),
        final_factor_(options.final_factor) {}

  double factor(std::int64_t step) const override {
    if (step < num_warmup_steps_) return static_cast<double>(step + 1) / static_cast<double>(num_warmup_steps_);
    const auto progress =
        std::min(1.0, static_cast<double>(step - num_warmup_steps_) / static_cast<double>(num_decay_steps_));
    return final_factor_ + (1.0 - final_factor_) * 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
  }

 private:
  std::int64_t num_warmup_steps_;
  std::int64_t num_decay_steps_;
  double final_factor_;
};

}  // namespace

ASSAY_SCHEDULE(cosine, Cosine, CosineOptions)

}  // namespace assay::train
