#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace assay::report {

/// The sign for an unmeasured figure.
constexpr const char* kNoFigure = "–";

/// Formats a size as "6.20 MB" (decimal units, as disks are sold) or "812 kB".
std::string format_bytes(std::optional<std::int64_t> bytes);

/// Formats memory as "23.3 GiB".
std::string format_memory(std::optional<std::int64_t> bytes);

/// Formats microseconds as "850 µs", "1.53 ms" or "2.10 s".
std::string format_latency(std::optional<double> latency_us);

/// Formats 1528106 as "1,528,106".
std::string format_count(std::optional<std::int64_t> count);

/// Formats a fraction as "91.00 %".
std::string format_percent(std::optional<double> fraction);

/// Formats a fraction with its sign: "−68.2 %". Shows more digits if rounding would make it look equal to `limit`.
std::string format_change(std::optional<double> fraction, std::optional<double> limit = std::nullopt);

/// Formats percentage points with their sign: "−0.30"; more digits if rounding would make it look equal to `limit`.
std::string format_points(std::optional<double> points, std::optional<double> limit = std::nullopt);

/// Formats a limit as briefly as possible: "30 %" for 0.3, "5" for points.
std::string format_limit_percent(double fraction);
std::string format_limit_points(double points);

}  // namespace assay::report
