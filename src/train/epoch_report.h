#pragma once

#include <string>
#include <vector>

#include "core/metric_sink.h"
#include "models/model.h"
#include "train/counters.h"

namespace assay::train {

/// Describes the epoch in progress for the progress bar: loss, accuracy, speed, peak memory.
std::string describe_progress(const Epoch& measured);

/// Logs the last epoch of a history under train/..., val/... and best/val/....
void log_epoch(const std::vector<Epoch>& history, MetricSink& sink);

/// Logs the shares by which a network mixes its pathways, under mixing/ and the name of each learned weight.
void log_mixing_weights(const models::Model& model, std::int64_t epoch, MetricSink& sink);

}  // namespace assay::train
