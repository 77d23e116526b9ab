#pragma once

#include <cstdint>
#include <string_view>

namespace assay {

/// Receives the measurements of training and evaluation. Training code depends only on this interface.
class MetricSink {
 public:
  virtual ~MetricSink() = default;

  /// Records one point. It never blocks on a network and never throws because of one.
  /// Units: `step` counts in the unit of the key (epochs for "train/loss").
  virtual void log_metric(std::string_view key, double value, std::int64_t step) = 0;
};

}  // namespace assay
