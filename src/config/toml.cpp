// The only file that includes toml++.

#include "config/toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

#include "core/error.h"
#include "core/file.h"

namespace assay::config {
namespace {

class Converter {
 public:
  explicit Converter(const std::string& source) : source_(source) {}

  Table table(const toml::table& from) const {
    // toml++ sorts keys; the order of the file is put back from the positions of the keys.
    std::vector<std::pair<const toml::key*, const toml::node*>> entries;
    for (const auto& [key, node] : from) entries.emplace_back(&key, &node);
    std::stable_sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      const auto& left = a.first->source().begin;
      const auto& right = b.first->source().begin;
      return std::tie(left.line, left.column) < std::tie(right.line, right.column);
    });
    Table result;
    for (const auto& [key, node] : entries) result.set(key->str(), value(*node));
    return result;
  }

 private:
  Origin origin(const toml::node& node) const {
    const auto& begin = node.source().begin;
    return {source_, static_cast<int>(begin.line), static_cast<int>(begin.column)};
  }

  Value value(const toml::node& node) const {
    const auto where = origin(node);
    if (const auto* flag = node.as_boolean()) return {flag->get(), where};
    if (const auto* integer = node.as_integer()) return {integer->get(), where};
    if (const auto* number = node.as_floating_point()) return {number->get(), where};
    if (const auto* text = node.as_string()) {
      if (text->get() == kNullText) return {Null{}, where};
      return {text->get(), where};
    }
    if (const auto* inner = node.as_table()) return {table(*inner), where};
    if (const auto* elements = node.as_array()) {
      Array array;
      for (const auto& element : *elements) array.push_back(value(element));
      return {std::move(array), where};
    }
    throw Error(ErrorKind::kConfig, "dates and times are not values of any option", where.to_string(),
                "put quotes around it if it is text");
  }

  SourceName source_;
};

void write_section(const Table& table, const std::string& path, std::string& text) {
  std::string lines;
  for (const auto& [key, value] : table.entries()) {
    if (value.get_if<Table>() != nullptr) continue;
    lines += fmt::format("{} = {}  # {}\n", key, value.to_toml(), value.origin().to_string());
  }
  if (!lines.empty() && !path.empty()) text += fmt::format("\n[{}]\n", path);
  text += lines;
  for (const auto& [key, value] : table.entries()) {
    const auto* inner = value.get_if<Table>();
    if (inner != nullptr) write_section(*inner, path.empty() ? key : path + "." + key, text);
  }
}

}  // namespace

Table parse_toml(std::string_view text, const std::string& source) {
  try {
    return Converter(source).table(toml::parse(text, source));
  } catch (const toml::parse_error& error) {
    const auto& begin = error.source().begin;
    throw Error(ErrorKind::kConfig, fmt::format("not valid TOML: {}", error.description()),
                fmt::format("{}:{}:{}", source, begin.line, begin.column));
  }
}

Table read_toml(const std::filesystem::path& path) { return parse_toml(read_file(path), path.string()); }

std::string write_toml(const Table& table) {
  std::string text;
  write_section(table, "", text);
  return text;
}

}  // namespace assay::config
