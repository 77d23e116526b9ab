#include "config/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/error.h"

namespace assay::config {
namespace {

constexpr std::size_t kIndexedSize = 32;

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string format_number(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  auto text = fmt::format("{}", number);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

bool is_bare_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(),
                                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '_' || c == '-'; });
}

struct TomlWriter {
  std::string operator()(Null) const { return quote(kNullText); }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const { return std::to_string(value); }
  std::string operator()(double value) const { return format_number(value); }
  std::string operator()(const std::string& value) const { return quote(value); }
  std::string operator()(const Array& values) const {
    std::string text;
    for (const auto& value : values) text += (text.empty() ? "" : ", ") + value.to_toml();
    return "[" + text + "]";
  }
  std::string operator()(const Table& table) const {
    std::string text;
    for (const auto& [key, value] : table.entries()) {
      text += (text.empty() ? "" : ", ") + (is_bare_key(key) ? key : quote(key)) + " = " + value.to_toml();
    }
    return "{" + text + "}";
  }
};

}  // namespace

const std::string& SourceName::text() const {
  static const std::string kNone;
  return text_ ? *text_ : kNone;
}

std::string Origin::to_string() const {
  if (line == 0) return source.text();
  return fmt::format("{}:{}:{}", source.text(), line, column);
}

const Value* Table::find(std::string_view key) const {
  if (!index_.empty()) {
    const auto found = index_.find(std::string(key));
    return found == index_.end() ? nullptr : &entries_[found->second].second;
  }
  for (const auto& entry : entries_) {
    if (entry.first == key) return &entry.second;
  }
  return nullptr;
}

Value* Table::find(std::string_view key) { return const_cast<Value*>(std::as_const(*this).find(key)); }

void Table::set(std::string_view key, Value value) {
  if (auto* existing = find(key)) {
    *existing = std::move(value);
    return;
  }
  entries_.emplace_back(std::string(key), std::move(value));
  if (entries_.size() < kIndexedSize) return;
  for (auto i = index_.size(); i < entries_.size(); ++i) index_.emplace(entries_[i].first, i);
}

void Table::erase(std::string_view key) {
  std::erase_if(entries_, [key](const Entry& entry) { return entry.first == key; });
  index_.clear();
  if (entries_.size() < kIndexedSize) return;
  for (std::size_t i = 0; i < entries_.size(); ++i) index_.emplace(entries_[i].first, i);
}

void Value::set_replaced(const Value& earlier) { replaced_ = std::make_shared<const Replaced>(Replaced{earlier}); }

std::string Value::type_name() const {
  constexpr std::array kNames = {"null", "a boolean", "an integer", "a number", "a string", "an array", "a table"};
  return kNames[data_.index()];
}

std::string Value::to_toml() const { return std::visit(TomlWriter{}, data_); }

bool is_missing(const Value& value) {
  const auto* text = value.get_if<std::string>();
  return text != nullptr && *text == kMissingText;
}

const Value* find_path(const Table& table, std::string_view dotted_path) {
  const auto dot = dotted_path.find('.');
  const auto* value = table.find(dotted_path.substr(0, dot));
  if (value == nullptr || dot == std::string_view::npos) return value;
  const auto* inner = value->get_if<Table>();
  return inner == nullptr ? nullptr : find_path(*inner, dotted_path.substr(dot + 1));
}

}  // namespace assay::config
