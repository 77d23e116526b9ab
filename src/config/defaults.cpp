#include "config/defaults.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/fail.h"
#include "config/suggest.h"

namespace assay::config {
namespace {

constexpr std::string_view kDefaultsKey = "defaults";
constexpr std::string_view kPackageKey = "__package__";
constexpr std::string_view kForms =
    "write \"_self_\", \"path/config\", {group = \"option\"}, {\"group@package\" = [\"a\", \"b\"]}, "
    "{\"optional group\" = \"option\"} or {\"override group\" = \"option\"}";

void split_package(DefaultsEntry& entry) {
  const auto at = entry.path.find('@');
  if (at != std::string::npos) {
    entry.package = entry.path.substr(at + 1);
    entry.path.erase(at);
  }
  if (entry.path.empty() || entry.path == "/") fail("an entry of defaults names no group", entry.origin);
}

DefaultsEntry read_config_entry(const std::string& text, const Origin& origin) {
  DefaultsEntry entry;
  entry.origin = origin;
  if (text == "_self_") return entry;
  entry.kind = DefaultsEntry::Kind::kConfig;
  entry.path = text;
  split_package(entry);
  if (entry.path == "_self_") fail("_self_ cannot have a package", origin);
  return entry;
}

// Removes the keywords before the group: "optional override /db@source".
void split_keywords(const std::string& key, DefaultsEntry& entry) {
  auto rest = key;
  for (auto space = rest.find(' '); space != std::string::npos; space = rest.find(' ')) {
    const auto word = rest.substr(0, space);
    if (word == "optional") {
      entry.is_optional = true;
    } else if (word == "override") {
      entry.is_override = true;
    } else if (!word.empty()) {
      fail(fmt::format("`{}` is not a keyword of a defaults list", word), entry.origin,
           suggest(word, {"optional", "override"}));
    }
    rest.erase(0, space + 1);
  }
  entry.path = rest;
  split_package(entry);
}

DefaultsEntry read_group_entry(const std::string& key, const Value& value) {
  DefaultsEntry entry;
  entry.kind = DefaultsEntry::Kind::kGroup;
  entry.origin = value.origin();
  split_keywords(key, entry);
  if (value.get_if<Null>() != nullptr) return entry;
  if (const auto* option = value.get_if<std::string>()) {
    entry.options = {*option};
    return entry;
  }
  const auto* array = value.get_if<Array>();
  if (array == nullptr)
    fail(fmt::format("{} = {}: must name an option, or several", key, value.to_toml()), value.origin());
  entry.is_list = true;
  for (const auto& element : *array) {
    const auto* option = element.get_if<std::string>();
    if (option == nullptr) fail(fmt::format("{} is not the name of an option", element.to_toml()), element.origin());
    entry.options.push_back(*option);
  }
  return entry;
}

DefaultsEntry read_entry(const Value& value) {
  if (const auto* text = value.get_if<std::string>()) return read_config_entry(*text, value.origin());
  const auto* table = value.get_if<Table>();
  if (table == nullptr || table->entries().size() != 1)
    fail(fmt::format("{} is not an entry of a defaults list", value.to_toml()), value.origin(), std::string(kForms));
  const auto& [key, option] = table->entries().front();
  return read_group_entry(key, option);
}

void check_order(const std::vector<DefaultsEntry>& entries) {
  const DefaultsEntry* last_override = nullptr;
  const DefaultsEntry* self = nullptr;
  for (const auto& entry : entries) {
    if (entry.kind == DefaultsEntry::Kind::kSelf) {
      if (self != nullptr)
        fail("defaults names _self_ twice", entry.origin, fmt::format("first at {}", self->origin.to_string()));
      self = &entry;
    } else if (entry.is_override) {
      last_override = &entry;
    } else if (last_override != nullptr) {
      fail(fmt::format("{} comes after `override {}`", entry.path, last_override->path), entry.origin,
           "overrides must be at the end of the defaults list");
    }
  }
}

}  // namespace

std::vector<DefaultsEntry> read_defaults(const Table& file) {
  std::vector<DefaultsEntry> entries;
  const auto* list = file.find(kDefaultsKey);
  if (list == nullptr) return entries;
  const auto* array = list->get_if<Array>();
  if (array == nullptr) fail("defaults must be an array", list->origin(), std::string(kForms));
  for (const auto& element : *array) entries.push_back(read_entry(element));
  check_order(entries);
  const auto is_self = [](const auto& entry) { return entry.kind == DefaultsEntry::Kind::kSelf; };
  if (!entries.empty() && std::none_of(entries.begin(), entries.end(), is_self)) {
    entries.emplace_back();
    entries.back().origin = list->origin();
  }
  return entries;
}

std::optional<std::string> read_package(const Table& file) {
  const auto* header = file.find(kPackageKey);
  if (header == nullptr) return std::nullopt;
  const auto* text = header->get_if<std::string>();
  if (text == nullptr)
    fail(fmt::format("__package__ = {}: must be a string", header->to_toml()), header->origin(),
         "such as \"_global_\" or \"train.schedule\"");
  return *text;
}

bool is_directive(std::string_view key) { return key == kDefaultsKey || key == kPackageKey; }

}  // namespace assay::config
