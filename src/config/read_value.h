#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/problems.h"
#include "config/section.h"
#include "config/value.h"

namespace assay::config {

/// Limits of an option's value, and its unit; a default-constructed object allows everything.
struct Limits {
  std::optional<double> low;
  std::optional<double> high;
  std::vector<std::string> choices;  ///< of a string
  std::string unit;                  ///< "s", "pixels"; empty for plain numbers and text
  bool is_folder_name = false;       ///< of a string: it becomes part of a path and must not lead out of its folder

  /// Returns these limits with a unit: between(1, 60).in("s").
  Limits in(std::string name) && {
    unit = std::move(name);
    return std::move(*this);
  }

  /// Formats for people: "at least 0", "between 1 and 60 s", "one of: a, b", "in s"; empty without limits.
  std::string to_string() const;
};

inline Limits at_least(double low) { return {low, std::nullopt, {}, ""}; }
inline Limits between(double low, double high) { return {low, high, {}, ""}; }

template <typename... Names>
Limits one_of(Names... names) {
  return {std::nullopt, std::nullopt, {std::string(names)...}, ""};
}

/// Allows text that names a folder, or nested folders, below another one.
inline Limits folder_name() { return {std::nullopt, std::nullopt, {}, "", true}; }

/// Read a value strictly: no integer from "5", no number from true; an integer is accepted for a number. Mistakes go to
/// `problems` with the dotted `path` and the value's origin; the output is then unchanged.
void read_value(const Value& value, const std::string& path, const Limits& limits, bool& output, Problems& problems);
void read_value(const Value& value, const std::string& path, const Limits& limits, std::int64_t& output,
                Problems& problems);
void read_value(const Value& value, const std::string& path, const Limits& limits, double& output, Problems& problems);
void read_value(const Value& value, const std::string& path, const Limits& limits, std::string& output,
                Problems& problems);
/// Reads "auto" as nothing.
void read_value(const Value& value, const std::string& path, const Limits& limits, std::optional<std::int64_t>& output,
                Problems& problems);

/// Reads an array, element by element.
template <typename Element>
void read_value(const Value& value, const std::string& path, const Limits& limits, std::vector<Element>& output,
                Problems& problems);

/// Returns the table as a section, or adds to `problems` that it is not a table.
std::optional<Section> as_section(const Value& value, const std::string& path, Problems& problems);

/// Adds one mistake for each unknown key of the table at `path`, with the nearest known key.
void report_unknown_keys(const Table& table, const std::string& path, const std::vector<std::string>& known,
                         Problems& problems);

/// Adds "<path> = <value>: must be <expected>" with the value's origin; the hint names the value that it replaced.
void report_bad_value(const Value& value, const std::string& path, const std::string& expected, Problems& problems);

std::string format_default(bool value);
std::string format_default(std::int64_t value);
std::string format_default(double value);
std::string format_default(const std::string& value);
std::string format_default(const std::optional<std::int64_t>& value);

template <typename Element>
std::string format_default(const std::vector<Element>& values) {
  std::string text;
  for (const Element& value : values) text += (text.empty() ? "" : ", ") + format_default(value);
  return "[" + text + "]";
}

template <typename Element>
void read_value(const Value& value, const std::string& path, const Limits& limits, std::vector<Element>& output,
                Problems& problems) {
  const auto* array = value.get_if<Array>();
  if (array == nullptr) return report_bad_value(value, path, "an array", problems);
  std::vector<Element> elements(array->size());
  for (std::size_t i = 0; i < array->size(); ++i) {
    Element element{};
    read_value((*array)[i], path + "[" + std::to_string(i) + "]", limits, element, problems);
    elements[i] = std::move(element);
  }
  output = std::move(elements);
}

}  // namespace assay::config
