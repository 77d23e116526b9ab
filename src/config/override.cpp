#include "config/override.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/toml.h"
#include "core/error.h"

namespace assay::config {
namespace {

bool is_key_character(unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.' || c == '/'; }

// Gives every part of a value the override's origin, in place of the position in the one-line document it was parsed
// from.
Value with_origin(const Value& value, const Origin& origin) {
  if (const auto* array = value.get_if<Array>()) {
    Array copy;
    for (const auto& element : *array) copy.push_back(with_origin(element, origin));
    return {std::move(copy), origin};
  }
  if (const auto* table = value.get_if<Table>()) {
    Table copy;
    for (const auto& [key, element] : table->entries()) copy.set(key, with_origin(element, origin));
    return {std::move(copy), origin};
  }
  return {value.data(), origin};
}

// What cannot begin or be a TOML value is a bare string; a broken array or quoted string is a mistake.
bool looks_like_toml(std::string_view text) {
  return !text.empty() && std::string_view("[{\"'").find(text.front()) != std::string_view::npos;
}

Value parse_value(const std::string& text, const Origin& origin) {
  try {
    const auto document = parse_toml("value = " + text, origin.source);
    if (document.entries().size() == 1) return with_origin(*document.find("value"), origin);
  } catch (const Error& error) {
    if (looks_like_toml(text)) throw Error(ErrorKind::kConfig, error.message(), origin.to_string());
  }
  return {text, origin};
}

}  // namespace

Override parse_override(std::string_view argument, int position) {
  const Origin origin{fmt::format("override {}: `{}`", position, argument), 0, 0};
  const auto equals = argument.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    throw Error(ErrorKind::kConfig, "an override must have the form key=value", origin.to_string(),
                "for example `train.epochs=5` or `data=cifar10`");
  }
  const auto key = argument.substr(0, equals);
  if (!std::all_of(key.begin(), key.end(), is_key_character)) {
    throw Error(ErrorKind::kConfig, fmt::format("`{}` is not a key", key), origin.to_string(),
                "keys are made of letters, digits, `_`, `-` and the separators `.` and `/`");
  }
  const auto text = std::string(argument.substr(equals + 1));
  return {std::string(key), text, parse_value(text, origin)};
}

}  // namespace assay::config
