#pragma once

#include <cstdint>
#include <string_view>

namespace assay {

/// Takes what training and evaluation measure. Training code knows nothing beyond this interface.
class MetricSink {
 public:
  virtual ~MetricSink() = default;

  /// Records one point. Neither blocks on a network nor throws for one.
  /// Units: `step` counts what the key's owner counts (epochs for "train/loss").
  virtual void log_metric(std::string_view key, double value, std::int64_t step) = 0;
};

}  // namespace assay
