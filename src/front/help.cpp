#include "front/help.h"

#include <fmt/format.h>

namespace assay::front {

std::string list_groups(const config::ConfigFiles& files) {
  std::string text;
  for (const auto& group : files.groups())
    text += fmt::format("\n  {} = {}", group, fmt::join(files.options(group), ", "));
  return text;
}

std::string list_options(const std::vector<config::Option>& options) {
  std::string text;
  std::string plugin;
  for (const auto& one : config::flatten(options)) {
    if (one.plugin != plugin && !one.plugin.empty()) text += fmt::format("\n  with {}:", one.plugin);
    plugin = one.plugin;
    const auto value = one.option->default_value.empty() ? "" : " = " + one.option->default_value;
    text += fmt::format("\n  {}{:<46} {} ({})", plugin.empty() ? "" : "  ", one.key + value, one.option->help,
                        one.describe_values());
  }
  return text;
}

}  // namespace assay::front
