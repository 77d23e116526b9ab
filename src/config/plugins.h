#pragma once

#include <string>
#include <vector>

#include "config/option.h"
#include "config/section.h"

namespace assay::config {

/// One line of a registry: the name of a plug-in in a configuration, the function that makes it, and the one that
/// describes its options.
template <typename Make>
struct Plugin {
  std::string name;
  Make make;
  std::vector<Option> (*describe)();
};

/// Throws Error(kConfig) for a name that is not among `known`, with the nearest name and the place.
[[noreturn]] void fail_unknown_plugin(const Section& section, const std::vector<std::string>& known);

/// Returns the function that makes the plug-in named by `section.name()`.
/// Errors: Error(kConfig) if no plug-in has that name (the nearest is suggested).
template <typename Make>
Make find_plugin(const std::vector<Plugin<Make>>& plugins, const Section& section) {
  const auto name = section.name();
  std::vector<std::string> known;
  for (const auto& plugin : plugins) {
    if (plugin.name == name) return plugin.make;
    known.push_back(plugin.name);
  }
  fail_unknown_plugin(section, known);
}

/// Describes all plug-ins of a registry, for the schema of the option that chooses among them.
template <typename Make>
std::vector<PluginOptions> describe_plugins(const std::vector<Plugin<Make>>& plugins) {
  std::vector<PluginOptions> described;
  for (const auto& plugin : plugins) described.push_back({plugin.name, plugin.describe()});
  return described;
}

}  // namespace assay::config
