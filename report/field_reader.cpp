#include "report/field_reader.h"

#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "core/error.h"

namespace assay::report {
namespace {

constexpr double kLargestExactInteger = 9007199254740992.0;  // 2^53

}  // namespace

FieldReader::FieldReader(const Json& object, std::string path, std::string origin, std::vector<std::string>* missing)
    : object_(&object), path_(std::move(path)), origin_(std::move(origin)), missing_(missing) {
  if (object_->is_object()) return;
  throw Error(ErrorKind::kData,
              fmt::format("{}: expected an object, found {}", path_.empty() ? "record" : path_, object.type_name()),
              origin_);
}

std::string FieldReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

void FieldReader::fail(std::string_view key, std::string_view what) const {
  throw Error(ErrorKind::kData, fmt::format("{}: {}", path_of(key), what), origin_);
}

const Json* FieldReader::find(std::string_view key) const {
  const auto found = object_->find(key);
  return found == object_->end() || found->is_null() ? nullptr : &*found;
}

const Json* FieldReader::find_or_note(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr && missing_ != nullptr) missing_->push_back(path_of(key));
  return value;
}

std::string FieldReader::optional_text(std::string_view key) const {
  const auto* value = find(key);
  if (value == nullptr) return "";
  if (!value->is_string()) fail(key, fmt::format("expected a string, found {}", value->type_name()));
  return value->get<std::string>();
}

std::string FieldReader::text(std::string_view key) const {
  auto value = optional_text(key);
  if (value.empty() && missing_ != nullptr) missing_->push_back(path_of(key));
  return value;
}

std::string FieldReader::required_text(std::string_view key) const {
  auto value = optional_text(key);
  if (value.empty()) fail(key, "missing");
  return value;
}

std::vector<std::string> FieldReader::texts(std::string_view key) const {
  std::vector<std::string> values;
  const auto* list = find_or_note(key);
  if (list == nullptr) return values;
  if (!list->is_array()) fail(key, fmt::format("expected a list of strings, found {}", list->type_name()));
  for (const auto& item : *list) {
    if (!item.is_string()) fail(key, fmt::format("expected a list of strings, found {} in it", item.type_name()));
    values.push_back(item.get<std::string>());
  }
  return values;
}

std::optional<double> FieldReader::number(std::string_view key, double low, double high) const {
  const auto* value = find_or_note(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_number()) fail(key, fmt::format("expected a number, found {}", value->type_name()));
  const auto number = value->get<double>();
  if (!(number >= low && number <= high)) fail(key, fmt::format("{} is not between {} and {}", number, low, high));
  return number;
}

std::optional<std::int64_t> FieldReader::integer(std::string_view key, std::int64_t low) const {
  const auto value = number(key, static_cast<double>(low), kLargestExactInteger);
  if (!value) return std::nullopt;
  if (std::floor(*value) != *value) fail(key, fmt::format("expected a whole number, found {}", *value));
  return static_cast<std::int64_t>(*value);
}

std::optional<bool> FieldReader::flag(std::string_view key) const {
  const auto* value = find_or_note(key);
  if (value == nullptr) return std::nullopt;
  if (!value->is_boolean()) fail(key, fmt::format("expected true or false, found {}", value->type_name()));
  return value->get<bool>();
}

FieldReader FieldReader::object(std::string_view key) const {
  static const Json empty = Json::object();
  const auto* value = find_or_note(key);
  return value == nullptr ? FieldReader(empty, path_of(key), origin_, nullptr)
                          : FieldReader(*value, path_of(key), origin_, missing_);
}

std::vector<FieldReader> FieldReader::objects(std::string_view key) const {
  std::vector<FieldReader> readers;
  const auto* list = find_or_note(key);
  if (list == nullptr) return readers;
  if (!list->is_array()) fail(key, fmt::format("expected a list, found {}", list->type_name()));
  for (std::size_t i = 0; i < list->size(); ++i) {
    readers.emplace_back((*list)[i], fmt::format("{}[{}]", path_of(key), i), origin_, missing_);
  }
  return readers;
}

}  // namespace assay::report
