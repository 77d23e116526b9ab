#include "config/option.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "config/suggest.h"

namespace assay::config {
namespace {

using Type = Option::Type;

std::string join(const std::string& path, const std::string& key) {
  return path.empty() ? key : fmt::format("{}.{}", path, key);
}

template <typename Named>
std::vector<std::string> names_of(const std::vector<Named>& all, std::string Named::*name) {
  std::vector<std::string> names;
  for (const auto& one : all) names.push_back(one.*name);
  return names;
}

template <typename T>
void check_plain(const Value& value, const std::string& path, const Option& option, Problems& problems) {
  T ignored{};
  std::vector<T> all_ignored;
  if (option.is_array) {
    read_value(value, path, option.limits, all_ignored, problems);
  } else {
    read_value(value, path, option.limits, ignored, problems);
  }
}

void validate_keys(const Table& table, const std::string& path, const std::vector<Option>& options, bool is_plugin,
                   Problems& problems);

// `key` names the plug-in of a table without `name`.
void validate_plugin(const Table& table, const std::string& path, const Origin& origin, const Option& option,
                     Problems& problems, const std::string& key = "") {
  const Value from_key(key, origin);
  const auto* name = table.find("name");
  if (name == nullptr && find_named(option.plugins, key) != nullptr) name = &from_key;
  const auto known = [&] { return names_of(option.plugins, &PluginOptions::name); };
  if (name == nullptr) {
    problems.add(fmt::format("{}.name is missing", path), origin.to_string(), suggest("", known()));
    return;
  }
  const auto* text = name->get_if<std::string>();
  const auto* chosen = find_named(option.plugins, text == nullptr ? "" : *text);
  if (chosen == nullptr) {
    problems.add(fmt::format("{}.name = {}: there is no such choice", path, name->to_toml()),
                 name->origin().to_string(), suggest(text == nullptr ? "" : *text, known()));
    return;
  }
  validate_keys(table, path, chosen->options, /*is_plugin=*/true, problems);
}

void validate_plugins(const Table& table, const std::string& path, const Option& option, Problems& problems) {
  for (const auto& [key, value] : table.entries()) {
    const auto* inner = value.get_if<Table>();
    if (inner == nullptr) {
      report_bad_value(value, join(path, key), "a table", problems);
    } else {
      validate_plugin(*inner, join(path, key), value.origin(), option, problems, key);
    }
  }
}

void validate_table(const Value& value, const std::string& path, const Option& option, Problems& problems) {
  const auto* table = value.get_if<Table>();
  if (table == nullptr) return report_bad_value(value, path, "a table", problems);
  if (option.type == Type::kTable) return validate(*table, path, option.options, problems);
  if (option.type == Type::kPlugins) return validate_plugins(*table, path, option, problems);
  validate_plugin(*table, path, value.origin(), option, problems);
}

void validate_value(const Value& value, const std::string& path, const Option& option, Problems& problems) {
  switch (option.type) {
    case Type::kBoolean:
      return check_plain<bool>(value, path, option, problems);
    case Type::kInteger:
      return check_plain<std::int64_t>(value, path, option, problems);
    case Type::kNumber:
      return check_plain<double>(value, path, option, problems);
    case Type::kString:
      return check_plain<std::string>(value, path, option, problems);
    case Type::kIntegerOrAuto:
      return check_plain<std::optional<std::int64_t>>(value, path, option, problems);
    case Type::kTable:
    case Type::kPlugin:
    case Type::kPlugins:
      return validate_table(value, path, option, problems);
  }
}

// Each name in the array `value` must be the key of a table beside it, or a plug-in.
void validate_names(const Value& value, const std::string& path, const Option& option, const Table& beside,
                    const std::vector<Option>& options, Problems& problems) {
  const auto* names = value.get_if<Array>();
  const auto tables =
      std::find_if(options.begin(), options.end(), [&](const auto& one) { return one.key == option.tables; });
  if (names == nullptr || tables == options.end()) return;
  const auto* written = beside.find(option.tables);
  const auto* table = written == nullptr ? nullptr : written->get_if<Table>();
  for (const auto& name : *names) {
    const auto* text = name.get_if<std::string>();
    if (text == nullptr || find_named(tables->plugins, *text) != nullptr) continue;
    if (table != nullptr && table->find(*text) != nullptr) continue;
    problems.add(fmt::format("{}: there is no \"{}\"", path, *text), name.origin().to_string(),
                 suggest(*text, names_of(tables->plugins, &PluginOptions::name)));
  }
}

// A plug-in's table contains `name` and its options.
void validate_keys(const Table& table, const std::string& path, const std::vector<Option>& options, bool is_plugin,
                   Problems& problems) {
  std::size_t num_known = is_plugin ? 1 : 0;
  for (const auto& option : options) {
    if (const auto* value = table.find(option.key)) {
      ++num_known;
      validate_value(*value, join(path, option.key), option, problems);
      if (!option.tables.empty()) {
        validate_names(*value, join(path, option.key), option, table, options, problems);
      }
    } else if (option.type == Type::kPlugin) {
      problems.add(fmt::format("{}.name is missing", join(path, option.key)), "",
                   suggest("", names_of(option.plugins, &PluginOptions::name)));
    }
  }
  if (num_known == table.entries().size()) return;
  auto known = names_of(options, &Option::key);
  if (is_plugin) known.emplace_back("name");
  report_unknown_keys(table, path, known, problems);
}

std::string name_type(const Option& option) {
  constexpr std::array kOne = {"true or false", "an integer", "a number", "text", "an integer or \"auto\""};
  constexpr std::array kMany = {"booleans", "integers", "numbers", "texts", "integers or \"auto\""};
  const auto index = static_cast<std::size_t>(option.type);
  return option.is_array ? std::string("an array of ") + kMany.at(index) : kOne.at(index);
}

void flatten_below(const std::vector<Option>& options, const std::string& path, const std::string& plugin,
                   std::vector<FlatOption>& flat) {
  for (const auto& option : options) {
    const auto key = join(path, option.key);
    if (option.type == Type::kTable) {
      flatten_below(option.options, key, plugin, flat);
    } else if (option.type == Type::kPlugin) {
      flat.push_back({key + ".name", plugin, &option});
      for (const auto& one : option.plugins) {
        flatten_below(one.options, key, fmt::format("{}.name = {}", key, one.name), flat);
      }
    } else if (option.type == Type::kPlugins) {
      for (const auto& one : option.plugins) {
        const auto entry = join(key, one.name);
        flatten_below(one.options, entry, fmt::format("{}.name = {}", entry, one.name), flat);
      }
    } else {
      flat.push_back({key, plugin, &option});
    }
  }
}

// A key that one plug-in marks as outside the run key is so for all plug-ins of its kind.
void collect_outside_run_key(const std::vector<Option>& options, const std::string& path,
                             std::vector<std::string>& keys) {
  for (const auto& option : options) {
    const auto key = join(path, option.key);
    if (!option.in_run_key) {
      keys.push_back(key);
      continue;
    }
    collect_outside_run_key(option.options, key, keys);
    if (option.type != Type::kPlugin) continue;
    for (const auto& plugin : option.plugins) collect_outside_run_key(plugin.options, key, keys);
  }
}

}  // namespace

const PluginOptions* find_named(const std::vector<PluginOptions>& plugins, const std::string& name) {
  const auto found = std::find_if(plugins.begin(), plugins.end(), [&](const auto& one) { return one.name == name; });
  return found == plugins.end() ? nullptr : &*found;
}

void validate(const Table& table, const std::string& path, const std::vector<Option>& options, Problems& problems) {
  validate_keys(table, path, options, /*is_plugin=*/false, problems);
}

std::vector<std::string> keys_outside_run_key(const std::vector<Option>& options) {
  std::vector<std::string> keys;
  collect_outside_run_key(options, "", keys);
  return keys;
}

std::vector<std::string> FlatOption::values() const {
  if (option->type == Type::kBoolean && !option->is_array) return {"true", "false"};
  if (option->type == Type::kPlugin) return names_of(option->plugins, &PluginOptions::name);
  return option->limits.choices;
}

std::string FlatOption::describe_values() const {
  if (option->type == Type::kPlugin) return fmt::format("one of: {}", fmt::join(values(), ", "));
  auto limits = option->limits.to_string();
  const bool is_named = option->type == Type::kString && !option->is_array && !limits.empty();
  if (is_named) return limits;
  return limits.empty() ? name_type(*option) : fmt::format("{}, {}", name_type(*option), limits);
}

std::vector<FlatOption> flatten(const std::vector<Option>& options) {
  std::vector<FlatOption> flat;
  flatten_below(options, "", "", flat);
  return flat;
}

}  // namespace assay::config
