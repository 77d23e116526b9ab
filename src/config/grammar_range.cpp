// Lists the values of range(start, stop, step). Numbers are handled as the decimals in which they are written: the
// fourth value of range(0, 1, 0.1) is 0.3 and not 0.30000000000000004, and range(1, 1.3, 0.1) does not reach its own
// stop.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include "config/grammar_functions.h"

namespace assay::config {
namespace {

constexpr std::uint64_t kMaxValues = 1'000'000;

// digits * 10^exponent
struct Decimal {
  std::int64_t digits = 0;
  int exponent = 0;
};

Decimal decimal_of(const Value& value) {
  if (const auto* integer = value.get_if<std::int64_t>()) return {*integer, 0};
  std::array<char, 40> buffer{};
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), *value.get_if<double>(),
                                 std::chars_format::scientific);
  const std::string_view text(buffer.data(), static_cast<std::size_t>(end.ptr - buffer.data()));
  std::string digits(text.substr(0, text.find('e')));
  auto exponent = std::stoi(std::string(text.substr(text.find('e') + 1)));
  if (const auto point = digits.find('.'); point != std::string::npos) {
    exponent -= static_cast<int>(digits.size() - point - 1);
    digits.erase(point, 1);
  }
  return {std::stoll(digits), exponent};
}

// Returns false if the digits do not fit into 64 bits.
bool lower_exponent(Decimal& decimal, int exponent) {
  if (decimal.digits == 0) decimal.exponent = exponent;
  for (; decimal.exponent > exponent; --decimal.exponent) {
    if (__builtin_mul_overflow(decimal.digits, std::int64_t{10}, &decimal.digits)) return false;
  }
  return true;
}

std::uint64_t count(std::int64_t start, std::int64_t stop, std::int64_t step) {
  if (step > 0 ? start >= stop : start <= stop) return 0;
  const auto low = static_cast<std::uint64_t>(step > 0 ? start : stop);
  const auto high = static_cast<std::uint64_t>(step > 0 ? stop : start);
  const auto stride = step > 0 ? static_cast<std::uint64_t>(step) : 0 - static_cast<std::uint64_t>(step);
  return (high - low - 1) / stride + 1;
}

double to_double(std::int64_t digits, int exponent) {
  const auto text = fmt::format("{}e{}", digits, exponent);
  double number = 0.0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

std::vector<Value> sweep_values(const GrammarSweep& sweep, std::size_t position, const GrammarText& text) {
  if (!sweep.range) return sweep.values;
  const auto& [start_value, stop_value, step_value] = *sweep.range;
  auto start = decimal_of(start_value);
  auto stop = decimal_of(stop_value);
  auto step = decimal_of(step_value);
  if (step.digits == 0) text.fail(position, "the step of range() is 0");
  const auto exponent = std::min({start.exponent, stop.exponent, step.exponent});
  if (!lower_exponent(start, exponent) || !lower_exponent(stop, exponent) || !lower_exponent(step, exponent)) {
    text.fail(position, "range() has too many digits between its largest and its smallest number");
  }
  const auto num_values = count(start.digits, stop.digits, step.digits);
  if (num_values == 0) text.fail(position, "range() is empty", "it begins at start and ends before stop");
  if (num_values > kMaxValues) {
    text.fail(position, fmt::format("range() has {} values, at most {} are allowed", num_values, kMaxValues));
  }
  const bool is_integer_range = start_value.get_if<std::int64_t>() != nullptr &&
                                stop_value.get_if<std::int64_t>() != nullptr &&
                                step_value.get_if<std::int64_t>() != nullptr;
  std::vector<Value> values;
  for (std::uint64_t i = 0; i < num_values; ++i) {
    // unsigned: i * step may not fit although the sum does
    const auto digits = static_cast<std::int64_t>(static_cast<std::uint64_t>(start.digits) +
                                                  i * static_cast<std::uint64_t>(step.digits));
    values.emplace_back(is_integer_range ? Value::Data(digits) : Value::Data(to_double(digits, exponent)),
                        start_value.origin());
  }
  return values;
}

}  // namespace assay::config
