// A constant learning rate.

#include "train/schedules/plugin.h"
#include "train/schedules/warmup.h"

namespace assay::train {
namespace {

struct ConstantOptions {
  double warmup_fraction = 0.0;

  static auto schema() { return config::schema<ConstantOptions>(warmup_field<ConstantOptions>()); }
};

class Constant final : public Schedule {
 public:
  Constant(const ConstantOptions& options, std::int64_t num_steps, std::int64_t /*steps_per_epoch*/)
      : warmup_(options.warmup_fraction, num_steps) {}

  double factor(std::int64_t step) const override { return warmup_.factor(step); }

 private:
  Warmup warmup_;
};

}  // namespace

ASSAY_SCHEDULE(constant, Constant, ConstantOptions)

}  // namespace assay::train
