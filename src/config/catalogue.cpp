#include "config/catalogue.h"

#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/json.h"

namespace assay::config {
namespace {

constexpr std::array kTypes = {"boolean",         "integer", "number", "string",
                               "integer or auto", "table",   "plugin", "plugins"};

Json to_json(const std::vector<Option>& options) {
  auto list = Json::array();
  for (const auto& option : options) {
    Json one = {{"key", option.key}, {"type", kTypes.at(static_cast<std::size_t>(option.type))}};
    if (option.is_array) one["array"] = true;
    if (option.limits.low) one["low"] = *option.limits.low;
    if (option.limits.high) one["high"] = *option.limits.high;
    if (!option.limits.choices.empty()) one["choices"] = option.limits.choices;
    if (!option.limits.unit.empty()) one["unit"] = option.limits.unit;
    if (option.limits.is_folder_name) one["folder_name"] = true;
    if (!option.default_value.empty()) one["default"] = option.default_value;
    one["help"] = option.help;
    if (!option.in_run_key) one["in_run_key"] = false;
    if (!option.tables.empty()) one["tables"] = option.tables;
    if (!option.options.empty()) one["options"] = to_json(option.options);
    for (const auto& plugin : option.plugins) {
      one["plugins"].push_back({{"name", plugin.name}, {"options", to_json(plugin.options)}});
    }
    list.push_back(std::move(one));
  }
  return list;
}

template <typename T>
void read_if_there(const Json& json, const char* key, T& value) {
  if (const auto found = json.find(key); found != json.end()) value = found->get<std::decay_t<decltype(value)>>();
}

void read_if_there(const Json& json, const char* key, std::optional<double>& value) {
  if (const auto found = json.find(key); found != json.end()) value = found->get<double>();
}

std::vector<Option> options_from(const Json& list);

Option option_from(const Json& json) {
  Option option;
  option.key = json.at("key");
  const auto type = json.at("type").get<std::string>();
  const auto place = std::find(kTypes.begin(), kTypes.end(), type);
  if (place == kTypes.end()) throw Error(ErrorKind::kData, "unknown type of option: " + type);
  option.type = static_cast<Option::Type>(place - kTypes.begin());
  read_if_there(json, "array", option.is_array);
  read_if_there(json, "low", option.limits.low);
  read_if_there(json, "high", option.limits.high);
  read_if_there(json, "choices", option.limits.choices);
  read_if_there(json, "unit", option.limits.unit);
  read_if_there(json, "folder_name", option.limits.is_folder_name);
  read_if_there(json, "default", option.default_value);
  read_if_there(json, "help", option.help);
  read_if_there(json, "in_run_key", option.in_run_key);
  read_if_there(json, "tables", option.tables);
  if (json.contains("options")) option.options = options_from(json["options"]);
  for (const auto& plugin : json.value("plugins", Json::array())) {
    option.plugins.push_back({plugin.at("name"), options_from(plugin.at("options"))});
  }
  return option;
}

std::vector<Option> options_from(const Json& list) {
  std::vector<Option> options;
  for (const auto& one : list) options.push_back(option_from(one));
  return options;
}

}  // namespace

void write_catalogue(const std::filesystem::path& path, const Catalogue& catalogue) {
  write_json(
      path,
      {{"experiment", catalogue.experiment}, {"summary", catalogue.summary}, {"options", to_json(catalogue.options)}});
}

Catalogue read_catalogue(const std::filesystem::path& path) {
  const auto json = read_json(path);
  try {
    return {json.at("experiment"), json.at("summary"), options_from(json.at("options"))};
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kData, std::string("not a catalogue of options: ") + error.what(), path.string(),
                "run `make build` to write it again");
  }
}

}  // namespace assay::config
