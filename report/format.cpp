#include "report/format.h"

#include <fmt/format.h>

#include <cmath>
#include <string_view>

namespace assay::report {
namespace {

constexpr std::string_view kMinus = "\u2212";
constexpr int kMaxDecimals = 6;
constexpr double kSame = 1e-9;

// Formats a signed number with a real minus sign; -0.0 loses its sign.
std::string signed_number(double value, int decimals, bool plus) {
  auto digits = fmt::format("{:.{}f}", std::abs(value), decimals);
  const bool zero = digits.find_first_not_of("0.") == std::string::npos;
  if (zero) return digits;
  if (value < 0) return std::string(kMinus) + digits;
  return plus ? "+" + digits : digits;
}

// Adds digits until `value` no longer looks equal to a limit from which it differs.
std::string distinct_from(double value, const std::optional<double>& limit, int decimals) {
  if (limit && std::abs(value - *limit) > kSame) {
    while (decimals < kMaxDecimals && signed_number(value, decimals, true) == signed_number(*limit, decimals, true))
      ++decimals;
  }
  return signed_number(value, decimals, true);
}

std::string three_digits(double value) {
  if (value >= 99.95) return fmt::format("{:.0f}", value);
  return value >= 9.995 ? fmt::format("{:.1f}", value) : fmt::format("{:.2f}", value);
}

std::string shortest(double value) { return fmt::format("{:.6g}", value); }

}  // namespace

std::string format_bytes(std::optional<std::int64_t> bytes) {
  if (!bytes) return kNoFigure;
  const auto size = static_cast<double>(*bytes);
  if (size < 1e3) return fmt::format("{} B", *bytes);
  if (size < 999.5e3) return three_digits(size / 1e3) + " kB";
  if (size < 999.5e6) return three_digits(size / 1e6) + " MB";
  return three_digits(size / 1e9) + " GB";
}

std::string format_memory(std::optional<std::int64_t> bytes) {
  return bytes ? fmt::format("{:.1f} GiB", static_cast<double>(*bytes) / 1073741824.0) : kNoFigure;
}

std::string format_latency(std::optional<double> latency_us) {
  if (!latency_us) return kNoFigure;
  if (*latency_us < 999.5) return three_digits(*latency_us) + " µs";
  if (*latency_us < 999.5e3) return three_digits(*latency_us / 1e3) + " ms";
  return three_digits(*latency_us / 1e6) + " s";
}

std::string format_count(std::optional<std::int64_t> count) {
  if (!count) return kNoFigure;
  const auto digits = fmt::format("{}", *count);
  std::string grouped;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0 && digits[i - 1] != '-') grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

std::string format_percent(std::optional<double> fraction) {
  return fraction ? fmt::format("{:.2f} %", *fraction * 100.0) : kNoFigure;
}

std::string format_change(std::optional<double> fraction, std::optional<double> limit) {
  if (!fraction) return kNoFigure;
  if (limit) limit = *limit * 100.0;
  return distinct_from(*fraction * 100.0, limit, 1) + " %";
}

std::string format_points(std::optional<double> points, std::optional<double> limit) {
  return points ? distinct_from(*points, limit, 2) : kNoFigure;
}

std::string format_limit_percent(double fraction) { return shortest(fraction * 100.0) + " %"; }

std::string format_limit_points(double points) { return shortest(points); }

}  // namespace assay::report
