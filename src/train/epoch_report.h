#pragma once

#include <string>
#include <vector>

#include "core/metric_sink.h"
#include "train/counters.h"

namespace assay::train {

/// Describes the epoch in progress for the progress bar: loss, accuracy, speed, peak memory.
std::string describe_progress(const Epoch& measured);

/// Logs the last epoch of a history under train/..., val/... and best/val/....
void log_epoch(const std::vector<Epoch>& history, MetricSink& sink);

}  // namespace assay::train
