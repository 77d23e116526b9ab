#include "report/comparison.h"

#include <cmath>
#include <limits>
#include <tuple>

namespace assay::report {
namespace {

constexpr double kRounding = 1e-9;  // 0.91 - 0.86 is a little more than 0.05 in binary

template <typename Number>
std::optional<double> relative_change(const std::optional<Number>& value, const std::optional<Number>& baseline) {
  if (!value || !baseline || *baseline == 0) return std::nullopt;
  return static_cast<double>(*value) / static_cast<double>(*baseline) - 1.0;
}

// Requires a decrease of at least `reduction`.
Verdict judge_reduction(const std::optional<double>& change, const std::optional<double>& reduction) {
  if (!change || !reduction) return Verdict::kUnknown;
  return -*change >= *reduction - kRounding ? Verdict::kMet : Verdict::kMissed;
}

Verdict judge_drop(const std::optional<double>& change_points, const std::optional<double>& allowed_points) {
  if (!change_points || !allowed_points) return Verdict::kUnknown;
  return -*change_points <= *allowed_points + kRounding ? Verdict::kMet : Verdict::kMissed;
}

void compare_predictions(const Variant& variant, const Variant& baseline, Comparison& result) {
  if (!variant.agreement || !variant.num_correct || !baseline.num_correct || !variant.num_test ||
      *variant.num_test == 0)
    return;
  if (variant.num_test != baseline.num_test) return;
  const auto num_correct_change = *variant.num_correct - *baseline.num_correct;
  const auto num_changed = std::llround((1.0 - *variant.agreement) * static_cast<double>(*variant.num_test));
  if (std::abs(num_correct_change) > num_changed) return;  // the agreement was measured on other images
  const auto interval = paired_change_interval(num_correct_change, num_changed, *variant.num_test);
  result.num_changed = num_changed;
  result.accuracy_interval_points = Interval{interval.low * 100.0, interval.high * 100.0};
}

}  // namespace

std::vector<Comparison> compare_with_baseline(const Record& record) {
  std::vector<Comparison> comparisons;
  for (std::size_t i = 1; i < record.variants.size(); ++i) {
    const auto& baseline = record.variants.front();
    const auto& variant = record.variants[i];
    Comparison result;
    result.variant = &variant;
    result.size_change = relative_change(variant.size_bytes, baseline.size_bytes);
    result.latency_change = relative_change(variant.latency_us_p50, baseline.latency_us_p50);
    if (variant.accuracy && baseline.accuracy) {
      result.accuracy_change_points = (*variant.accuracy - *baseline.accuracy) * 100.0;
    }
    compare_predictions(variant, baseline, result);
    result.size = judge_reduction(result.size_change, record.targets.size_reduction);
    result.latency = judge_reduction(result.latency_change, record.targets.latency_reduction);
    result.accuracy = judge_drop(result.accuracy_change_points, record.targets.accuracy_drop_points);
    comparisons.push_back(result);
  }
  return comparisons;
}

const Comparison* choose_best(const std::vector<Comparison>& comparisons) {
  const Comparison* best = nullptr;
  const auto rank = [](const Comparison& comparison) {
    return std::make_tuple(-comparison.num_met(),
                           comparison.latency_change.value_or(std::numeric_limits<double>::max()),
                           comparison.size_change.value_or(std::numeric_limits<double>::max()));
  };
  for (const auto& comparison : comparisons) {
    if (best == nullptr || rank(comparison) < rank(*best)) best = &comparison;
  }
  return best;
}

}  // namespace assay::report
