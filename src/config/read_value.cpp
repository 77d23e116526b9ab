#include "config/read_value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>

#include "config/fail.h"
#include "config/suggest.h"

namespace assay::config {
namespace {

bool is_within(double number, const Limits& limits) {
  return !std::isnan(number) && (!limits.low || number >= *limits.low) && (!limits.high || number <= *limits.high);
}

/// Returns whether a text consists of names separated by single slashes, or is empty.
bool is_folder_name(std::string_view text) {
  const auto is_fine = [](unsigned char c) {
    return std::isalnum(c) != 0 || std::string_view("_.-/ ").find(static_cast<char>(c)) != std::string_view::npos;
  };
  if (!std::all_of(text.begin(), text.end(), is_fine)) return false;
  for (std::size_t begin = 0; !text.empty() && begin <= text.size();) {
    const auto end = std::min(text.find('/', begin), text.size());
    const auto part = text.substr(begin, end - begin);
    if (part.find_first_not_of(" .") == std::string_view::npos) return false;
    begin = end + 1;
  }
  return true;
}

template <typename Number>
void read_number(const Value& value, Number number, const std::string& path, const Limits& limits, Number& output,
                 Problems& problems) {
  if (!is_within(static_cast<double>(number), limits)) {
    const auto expected = limits.to_string();
    return report_bad_value(value, path, expected.empty() ? "a number" : expected, problems);
  }
  output = number;
}

}  // namespace

std::string Limits::to_string() const {
  if (is_folder_name) return "a name of letters, digits, spaces and _ . - with single slashes between its parts";
  if (!choices.empty()) return fmt::format("one of: {}", fmt::join(choices, ", "));
  const auto counted = unit.empty() ? "" : " " + unit;
  if (low && high) return fmt::format("between {} and {}{}", *low, *high, counted);
  if (low) return fmt::format("at least {}{}", *low, counted);
  if (high) return fmt::format("at most {}{}", *high, counted);
  return unit.empty() ? "" : "in " + unit;
}

void report_bad_value(const Value& value, const std::string& path, const std::string& expected, Problems& problems) {
  const auto* const earlier = value.replaced().get();
  const auto hint = earlier == nullptr ? ""
                                       : fmt::format("it replaced {}, set at {}", shorten(earlier->value.to_toml()),
                                                     earlier->value.origin().to_string());
  problems.add(fmt::format("{} = {}: must be {}", path, shorten(value.to_toml()), expected), value.origin().to_string(),
               hint);
}

void read_value(const Value& value, const std::string& path, const Limits&, bool& output, Problems& problems) {
  const auto* flag = value.get_if<bool>();
  if (flag == nullptr) return report_bad_value(value, path, "true or false", problems);
  output = *flag;
}

void read_value(const Value& value, const std::string& path, const Limits& limits, std::int64_t& output,
                Problems& problems) {
  const auto* integer = value.get_if<std::int64_t>();
  if (integer == nullptr) return report_bad_value(value, path, "an integer", problems);
  read_number(value, *integer, path, limits, output, problems);
}

void read_value(const Value& value, const std::string& path, const Limits& limits, double& output, Problems& problems) {
  if (const auto* integer = value.get_if<std::int64_t>()) {
    return read_number(value, static_cast<double>(*integer), path, limits, output, problems);
  }
  const auto* number = value.get_if<double>();
  if (number == nullptr) return report_bad_value(value, path, "a number", problems);
  read_number(value, *number, path, limits, output, problems);
}

void read_value(const Value& value, const std::string& path, const Limits& limits, std::string& output,
                Problems& problems) {
  const auto* text = value.get_if<std::string>();
  if (text == nullptr) return report_bad_value(value, path, "a string", problems);
  const auto& choices = limits.choices;
  if (!choices.empty() && std::find(choices.begin(), choices.end(), *text) == choices.end()) {
    return report_bad_value(value, path, limits.to_string(), problems);
  }
  if (limits.is_folder_name && !is_folder_name(*text))
    return report_bad_value(value, path, limits.to_string(), problems);
  output = *text;
}

void read_value(const Value& value, const std::string& path, const Limits& limits, std::optional<std::int64_t>& output,
                Problems& problems) {
  const auto* text = value.get_if<std::string>();
  if (text != nullptr && *text == "auto") {
    output.reset();
    return;
  }
  const auto* integer = value.get_if<std::int64_t>();
  if (integer == nullptr) return report_bad_value(value, path, "an integer or \"auto\"", problems);
  std::int64_t number = 0;
  read_number(value, *integer, path, limits, number, problems);
  output = number;
}

std::optional<Section> as_section(const Value& value, const std::string& path, Problems& problems) {
  const auto* table = value.get_if<Table>();
  if (table != nullptr) return Section(*table, path, value.origin());
  report_bad_value(value, path, "a table", problems);
  return std::nullopt;
}

void report_unknown_keys(const Table& table, const std::string& path, const std::vector<std::string>& known,
                         Problems& problems) {
  for (const auto& [key, value] : table.entries()) {
    if (std::find(known.begin(), known.end(), key) != known.end()) continue;
    problems.add(fmt::format("unknown key {}{}{}", path, path.empty() ? "" : ".", key), value.origin().to_string(),
                 suggest(key, known));
  }
}

std::string format_default(bool value) { return value ? "true" : "false"; }
std::string format_default(std::int64_t value) { return std::to_string(value); }
std::string format_default(double value) { return fmt::format("{}", value); }
std::string format_default(const std::string& value) { return fmt::format("\"{}\"", value); }
std::string format_default(const std::optional<std::int64_t>& value) {
  return value ? std::to_string(*value) : std::string("\"auto\"");
}

}  // namespace assay::config
