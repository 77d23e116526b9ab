#include "config/grammar_cast.h"

#include <cstdint>
#include <string>

#include "config/grammar_text.h"

namespace assay::config {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\n\r\v\f";
  const auto start = text.find_first_not_of(kBlanks);
  return start == std::string_view::npos ? "" : text.substr(start, text.find_last_not_of(kBlanks) - start + 1);
}

std::optional<std::int64_t> to_integer(const Value& value) {
  if (const auto* flag = value.get_if<bool>()) return *flag ? 1 : 0;
  if (const auto* integer = value.get_if<std::int64_t>()) return *integer;
  if (const auto* number = value.get_if<double>(); number != nullptr && *number >= -0x1p63 && *number < 0x1p63) {
    return static_cast<std::int64_t>(*number);
  }
  const auto* text = value.get_if<std::string>();
  if (text == nullptr || !is_integer(trimmed(*text), true)) return std::nullopt;
  return parse_integer(trimmed(*text));
}

std::optional<double> to_number(const Value& value) {
  if (const auto* flag = value.get_if<bool>()) return *flag ? 1.0 : 0.0;
  if (const auto* integer = value.get_if<std::int64_t>()) return static_cast<double>(*integer);
  if (const auto* number = value.get_if<double>()) return *number;
  const auto* text = value.get_if<std::string>();
  if (text == nullptr) return std::nullopt;
  const auto word = trimmed(*text);
  const bool has_sign = word.starts_with('+') || word.starts_with('-');
  const bool is_infinity = equals_ignoring_case(word.substr(has_sign ? 1 : 0), "infinity");
  if (!is_infinity && !is_integer(word, true) && !is_decimal(word, true)) return std::nullopt;
  return parse_decimal(word);
}

std::optional<bool> to_boolean(const Value& value) {
  if (value.get_if<Null>() != nullptr) return false;
  if (const auto* flag = value.get_if<bool>()) return *flag;
  if (const auto* integer = value.get_if<std::int64_t>()) return *integer != 0;
  if (const auto* number = value.get_if<double>()) return *number != 0;
  const auto* text = value.get_if<std::string>();
  if (text != nullptr && equals_ignoring_case(*text, "true")) return true;
  if (text != nullptr && equals_ignoring_case(*text, "false")) return false;
  return std::nullopt;
}

std::optional<std::string> to_text(const Value& value) {
  if (const auto* text = value.get_if<std::string>()) return *text;
  if (value.get_if<Null>() != nullptr) return std::nullopt;
  return value.to_toml();
}

}  // namespace

std::optional<Value::Data> cast_scalar(const Value& value, std::string_view type) {
  if (type == "int") return to_integer(value);
  if (type == "float") return to_number(value);
  if (type == "bool") return to_boolean(value);
  return to_text(value);
}

}  // namespace assay::config
