#pragma once

#include <optional>
#include <vector>

#include "report/record.h"
#include "report/statistics.h"

namespace assay::report {

/// Whether a target was met; kUnknown if the figure or the target is not recorded.
enum class Verdict { kMet, kMissed, kUnknown };

/// Comparison of one variant with the baseline and with the targets.
struct Comparison {
  const Variant* variant = nullptr;
  std::optional<double> size_change;                 ///< a fraction, negative = smaller
  std::optional<double> latency_change;              ///< of the median; a fraction, negative = faster
  std::optional<double> accuracy_change_points;      ///< negative = less accurate
  std::optional<Interval> accuracy_interval_points;  ///< 95 %, paired and conservative; if the agreement is recorded
  std::optional<std::int64_t> num_changed;           ///< test images whose predicted class differs from the baseline's
  Verdict size = Verdict::kUnknown;
  Verdict latency = Verdict::kUnknown;
  Verdict accuracy = Verdict::kUnknown;

  bool meets_all() const { return size == Verdict::kMet && latency == Verdict::kMet && accuracy == Verdict::kMet; }
  int num_met() const {
    return (size == Verdict::kMet ? 1 : 0) + (latency == Verdict::kMet ? 1 : 0) + (accuracy == Verdict::kMet ? 1 : 0);
  }
};

/// Compares every variant but the first with the first. A figure exactly at its target meets it.
/// The results point into `record`.
std::vector<Comparison> compare_with_baseline(const Record& record);

/// Chooses the variant for the headline: of those that meet the most targets the fastest, then the smallest.
/// Returns nullptr if there is none.
const Comparison* choose_best(const std::vector<Comparison>& comparisons);

}  // namespace assay::report
