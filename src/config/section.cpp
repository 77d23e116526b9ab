#include "config/section.h"

#include <fmt/format.h>

#include "config/suggest.h"
#include "core/error.h"

namespace assay::config {

Section::Section(Table table, std::string path, Origin origin)
    : table_(std::move(table)), path_(std::move(path)), origin_(std::move(origin)) {}

std::string Section::key_path(std::string_view key) const {
  return path_.empty() ? std::string(key) : fmt::format("{}.{}", path_, key);
}

std::string Section::name() const {
  const auto* value = table_.find("name");
  if (value == nullptr) {
    throw Error(ErrorKind::kConfig, fmt::format("{} is missing", key_path("name")), origin_.to_string(),
                fmt::format("choose one with `{}=...`", path_));
  }
  const auto* text = value->get_if<std::string>();
  if (text == nullptr) {
    throw Error(ErrorKind::kConfig, fmt::format("{} = {}: must be a string", key_path("name"), value->to_toml()),
                value->origin().to_string());
  }
  return *text;
}

Section subsection(const Section& section, const std::string& key) {
  const auto* value = section.table().find(key);
  if (value == nullptr) {
    std::vector<std::string> known;
    for (const auto& [name, ignored] : section.table().entries()) known.push_back(name);
    throw Error(ErrorKind::kConfig, fmt::format("{} is missing", section.key_path(key)), section.origin().to_string(),
                suggest(key, known));
  }
  const auto* table = value->get_if<Table>();
  if (table == nullptr) {
    throw Error(ErrorKind::kConfig, fmt::format("{} = {}: must be a table", section.key_path(key), value->to_toml()),
                value->origin().to_string());
  }
  return {*table, section.key_path(key), value->origin()};
}

Section named_section(const Section& section, const std::string& key) {
  const Value name(key, section.origin());
  if (section.table().find(key) == nullptr) {
    Table only_name;
    only_name.set("name", name);
    return {only_name, section.key_path(key), section.origin()};
  }
  auto found = subsection(section, key);
  if (found.table().find("name") != nullptr) return found;
  auto table = found.table();
  table.set("name", name);
  return {table, found.path(), found.origin()};
}

}  // namespace assay::config
