#pragma once

#include <string>
#include <string_view>

#include "report/document.h"
#include "report/record.h"

namespace assay::report {

/// Says what a trade-off chart sets against the accuracy.
enum class Cost { kSize, kLatency };

/// Draws accuracy, with its 95 % interval, against size or latency; the region that meets both targets is shaded.
/// Returns a chart without specification when fewer than two variants have both figures.
Chart make_tradeoff_chart(const Record& record, Cost cost, std::string_view name);

/// Draws loss and validation accuracy by epoch.
/// Returns a chart without specification when the history holds none of them.
Chart make_training_chart(const Record& record, std::string_view name);

}  // namespace assay::report
