#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/compose.h"
#include "config/problems.h"
#include "config/resolve.h"
#include "core/error.h"
#include "core/json.h"

namespace assay::config {

/// Converts a value to JSON; integers and floating-point numbers stay distinct.
inline Json to_json(const Value& value);

inline Json to_json(const Table& table) {
  auto object = Json::object();
  for (const auto& [key, value] : table.entries()) object[key] = to_json(value);
  return object;
}

inline Json to_json(const Value& value) {
  if (const auto* table = value.get_if<Table>()) return to_json(*table);
  if (const auto* array = value.get_if<Array>()) {
    auto elements = Json::array();
    for (const auto& element : *array) elements.push_back(to_json(element));
    return elements;
  }
  if (const auto* text = value.get_if<std::string>()) return *text;
  if (const auto* number = value.get_if<double>()) return *number;
  if (const auto* number = value.get_if<std::int64_t>()) return *number;
  if (const auto* flag = value.get_if<bool>()) return *flag;
  return nullptr;
}

/// Result of one case: the composed and resolved configuration, or nothing and the error.
struct Composed {
  std::optional<Json> config;
  std::string error;
};

/// Composes one line of cases.jsonl. Only Error counts as a rejection; any other exception passes through.
inline Composed compose_case(const Json& one) {
  try {
    const ComposeRequest request{one.at("dir").get<std::string>(), one.at("primary").get<std::string>(),
                                 one.at("overrides").get<std::vector<std::string>>()};
    Problems problems;
    const auto resolved = resolve(compose(request), {}, problems);
    problems.throw_if_any();
    return {to_json(resolved), ""};
  } catch (const Error& error) {
    return {std::nullopt, error.what()};
  }
}

/// Returns whether two documents are equal apart from the order of keys; 1 and 1.0 differ.
inline bool same(const Json& left, const Json& right) {
  if (left.is_number() && right.is_number()) return left.is_number_float() == right.is_number_float() && left == right;
  if (left.type() != right.type() || left.size() != right.size()) return false;
  if (left.is_object()) {
    return std::all_of(left.items().begin(), left.items().end(), [&](const auto& item) {
      return right.contains(item.key()) && same(item.value(), right.at(item.key()));
    });
  }
  if (!left.is_array()) return left == right;
  for (std::size_t i = 0; i < left.size(); ++i) {
    if (!same(left[i], right[i])) return false;
  }
  return true;
}

}  // namespace assay::config
