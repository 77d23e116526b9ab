#pragma once

#include <vector>

#include "core/metric_sink.h"
#include "train/counters.h"

namespace assay::train {

/// Logs what the last epoch of a history gave, under train/..., val/... and best/val/....
void log_epoch(const std::vector<Epoch>& history, MetricSink& sink);

}  // namespace assay::train
