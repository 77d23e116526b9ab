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

void fill_plugin(Table& table, const std::vector<PluginOptions>& plugins) {
  const auto* name = table.find("name");
  const auto* text = name == nullptr ? nullptr : name->get_if<std::string>();
  if (text == nullptr) return;
  const auto chosen = std::find_if(plugins.begin(), plugins.end(), [&](const auto& one) { return one.name == *text; });
  if (chosen != plugins.end()) table = fill_defaults(table, chosen->options);
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
        if (auto* inner = table->find(key)->get_if<Table>()) fill_plugin(*inner, option.plugins);
      }
      return;
    default:
      return;
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
  }
  return filled;
}

}  // namespace assay::config
