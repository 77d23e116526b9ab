#include "report/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/error.h"

namespace assay::report {
namespace {

constexpr double kNormalQuantile975 = 1.959963984540054;

}  // namespace

Interval wilson_interval(std::int64_t num_correct, std::int64_t num_total) {
  ASSAY_CHECK(num_total > 0);
  ASSAY_CHECK(num_correct >= 0);
  ASSAY_CHECK(num_correct <= num_total);
  const auto total = static_cast<double>(num_total);
  const auto proportion = static_cast<double>(num_correct) / total;
  const auto z2 = kNormalQuantile975 * kNormalQuantile975;
  const auto centre = (proportion + z2 / (2.0 * total)) / (1.0 + z2 / total);
  const auto spread = proportion * (1.0 - proportion) / total + z2 / (4.0 * total * total);
  const auto half = kNormalQuantile975 * std::sqrt(spread) / (1.0 + z2 / total);
  return {std::max(0.0, centre - half), std::min(1.0, centre + half)};
}

Interval paired_change_interval(std::int64_t num_correct_change, std::int64_t num_changed, std::int64_t num_total) {
  ASSAY_CHECK(num_total > 0);
  ASSAY_CHECK(num_changed <= num_total);
  ASSAY_CHECK(std::abs(num_correct_change) <= num_changed);
  const auto total = static_cast<double>(num_total);
  const auto change = static_cast<double>(num_correct_change) / total;
  const auto variance = (static_cast<double>(num_changed) / total - change * change) / total;
  const auto half = kNormalQuantile975 * std::sqrt(std::max(0.0, variance));
  return {change - half, change + half};
}

}  // namespace assay::report
