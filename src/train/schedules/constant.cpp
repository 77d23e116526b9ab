// A constant learning rate, after a linear warm-up if wanted.

#include <algorithm>

#include "train/schedules/plugin.h"

namespace assay::train {
namespace {

struct ConstantOptions {
  std::int64_t warmup_steps = 0;

  static auto schema() {
    return config::schema<ConstantOptions>(config::field("warmup_steps", &ConstantOptions::warmup_steps,
                                                         config::at_least(0), "steps of linear warm-up from 0"));
  }
};

class Constant final : public Schedule {
 public:
  Constant(const ConstantOptions& options, std::int64_t, std::int64_t) : warmup_steps_(options.warmup_steps) {}

  double factor(std::int64_t step) const override {
    if (step >= warmup_steps_) return 1.0;
    return static_cast<double>(step + 1) / static_cast<double>(warmup_steps_);
  }

 private:
  std::int64_t warmup_steps_;
};

}  // namespace

ASSAY_SCHEDULE(constant, Constant, ConstantOptions)

}  // namespace assay::train
