#pragma once

#include <string>
#include <vector>

#include "core/metric_sink.h"
#include "train/counters.h"

namespace assay::train {

/// Describes an epoch that is under way, for the bar that shows it: loss, accuracy, speed, peak memory.
std::string describe_progress(const Epoch& measured);

/// Logs what the last epoch of a history gave, under train/..., val/... and best/val/....
void log_epoch(const std::vector<Epoch>& history, MetricSink& sink);

}  // namespace assay::train
