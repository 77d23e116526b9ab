#include "track/mlflow/mlmodel.h"

#include <algorithm>

namespace assay::track {
namespace {

/// Quotes a text as YAML does between single quotes, so that one of digits does not become a number.
std::string quote(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? "''" : std::string(1, c);
  return quoted + "'";
}

}  // namespace

std::string set_mlmodel_keys(std::string_view text, const std::vector<KeyValue>& values) {
  std::string result;
  bool is_replaced = false;  // is the line, or the one that it continues, of a key that is set
  while (!text.empty()) {
    const auto line = text.substr(0, std::min(text.find('\n'), text.size()));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(' ') && !line.starts_with('-')) {
      const auto key = line.substr(0, line.find(':'));
      is_replaced = std::any_of(values.begin(), values.end(), [&](const auto& value) { return value.first == key; });
    }
    if (!is_replaced) result.append(line).append("\n");
  }
  for (const auto& [key, value] : values) result += key + ": " + quote(value) + "\n";
  return result;
}

}  // namespace assay::track
