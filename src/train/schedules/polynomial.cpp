// Polynomial decay to 0; linear with power 1.
// Source: Chen et al., DeepLab, arXiv 1606.00915, section 4.1 ("poly"); torch.optim.lr_scheduler.PolynomialLR.

#include <cmath>

#include "train/schedules/plugin.h"
#include "train/schedules/warmup.h"

namespace assay::train {
namespace {

struct PolynomialOptions {
  double warmup_fraction = 0.05;
  double power = 1.0;

  static auto schema() {
    return config::schema<PolynomialOptions>(
        warmup_field<PolynomialOptions>(),
        config::field("power", &PolynomialOptions::power, config::between(0.01, 100.0),
                      "exponent of the share of remaining steps"));
  }
};

class Polynomial final : public Schedule {
 public:
  Polynomial(const PolynomialOptions& options, std::int64_t num_steps, std::int64_t /*steps_per_epoch*/)
      : warmup_(options.warmup_fraction, num_steps), power_(options.power) {}

  double factor(std::int64_t step) const override {
    return warmup_.factor(step) * std::pow(1.0 - warmup_.progress(step), power_);
  }

 private:
  Warmup warmup_;
  double power_;
};

}  // namespace

ASSAY_SCHEDULE(polynomial, Polynomial, PolynomialOptions)

}  // namespace assay::train
