#include "config/fill_defaults.h"

#include <algorithm>
#include <string>

#include "config/toml.h"

namespace assay::config {
namespace {

const Origin& default_origin() {
  static const Origin kOrigin{"default", 0, 0};
  return kOrigin;
}

Value default_of(const Option& option) {
  auto data = parse_toml("value = " + option.default_value, "default").find("value")->data();
  const auto* integer = std::get_if<std::int64_t>(&data);
  if (integer != nullptr && option.type == Option::Type::kNumber) data = static_cast<double>(*integer);
  return {std::move(data), default_origin()};
}

// `key` names the plug-in of a table without `name`.
void fill_plugin(Table& table, const std::vector<PluginOptions>& plugins, const std::string& key = "") {
  if (table.find("name") == nullptr && find_named(plugins, key) != nullptr) {
    table.set("name", Value(key, default_origin()));
  }
  const auto* name = table.find("name");
  const auto* text = name == nullptr ? nullptr : name->get_if<std::string>();
  if (text == nullptr) return;
  if (const auto* chosen = find_named(plugins, *text)) table = fill_defaults(table, chosen->options);
}

// A value that should be a table is left for the validation to report.
void fill_table(Value& value, const Option& option) {
  auto* table = value.get_if<Table>();
  if (table == nullptr) return;
  switch (option.type) {
    case Option::Type::kTable:
      *table = fill_defaults(*table, option.options);
      return;
    case Option::Type::kPlugin:
      return fill_plugin(*table, option.plugins);
    case Option::Type::kPlugins:
      for (const auto& [key, ignored] : table->entries()) {
        if (auto* inner = table->find(key)->get_if<Table>()) fill_plugin(*inner, option.plugins, key);
      }
      return;
    default:
      return;
  }
}

// Gives each plug-in that an array names a table, in which its defaults then show.
void add_named_tables(Table& table, const Option& option) {
  const auto* value = table.find(option.key);
  const auto* names = value == nullptr ? nullptr : value->get_if<Array>();
  if (names == nullptr) return;
  const auto wanted = *names;
  if (table.find(option.tables) == nullptr) table.set(option.tables, Value(Table{}, default_origin()));
  auto* tables = table.find(option.tables)->get_if<Table>();
  for (const auto& name : wanted) {
    const auto* text = name.get_if<std::string>();
    if (tables == nullptr || text == nullptr || tables->find(*text) != nullptr) continue;
    tables->set(*text, Value(Table{}, default_origin()));
  }
}

}  // namespace

Table fill_defaults(const Table& table, const std::vector<Option>& options) {
  auto filled = table;
  for (const auto& option : options) {
    if (auto* value = filled.find(option.key)) {
      fill_table(*value, option);
    } else if (!option.default_value.empty()) {
      filled.set(option.key, default_of(option));
    } else if (option.type == Option::Type::kTable) {
      filled.set(option.key, Value(fill_defaults({}, option.options), default_origin()));
    }
    if (!option.tables.empty()) add_named_tables(filled, option);
  }
  return filled;
}

}  // namespace assay::config
