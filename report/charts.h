#pragma once

#include <string>
#include <string_view>

#include "report/document.h"
#include "report/record.h"

namespace assay::report {

/// Horizontal axis of a trade-off chart.
enum class Cost { kSize, kLatency };

/// Draws accuracy, with its 95 % interval, against size or latency; the region that meets both targets is shaded.
/// Returns a chart without specification if fewer than two variants have both figures.
Chart make_tradeoff_chart(const Record& record, Cost cost, std::string_view name);

/// Draws loss and validation accuracy by epoch.
/// Returns a chart without specification if the history has neither.
Chart make_training_chart(const Record& record, std::string_view name);

}  // namespace assay::report
