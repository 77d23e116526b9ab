// assay docs-config: writes the options of an experiment as a Markdown page.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/catalogue.h"
#include "core/file.h"
#include "tool/commands.h"

namespace assay::tool {
namespace {

struct DocsOptions {
  std::filesystem::path catalogue;
  std::filesystem::path out;
};

std::string cell(std::string text) {
  for (auto bar = text.find('|'); bar != std::string::npos; bar = text.find('|', bar + 2)) text.insert(bar, 1, '\\');
  return text;
}

std::string code(const std::string& text) { return text.empty() ? "" : "`" + text + "`"; }

std::string row(const config::FlatOption& one) {
  return fmt::format("| {} | {} | {} | {} |\n", code(one.key), cell(code(one.option->default_value)),
                     cell(one.describe_values()), cell(one.option->help));
}

// Adds a table for each choice that options depend on.
void add_tables(const std::vector<config::FlatOption>& options, std::string& page) {
  const std::string* plugin = nullptr;
  for (const auto& one : options) {
    if (plugin == nullptr || one.plugin != *plugin) {
      if (!one.plugin.empty()) page += fmt::format("\nWith `{}`:\n", one.plugin);
      page += "\n| option | default | values | meaning |\n|---|---|---|---|\n";
    }
    page += row(one);
    plugin = &one.plugin;
  }
}

// Returns all that the page says of an option, so that equal ones are found.
std::string describe(const config::Option& option) {
  const std::vector<config::Option> alone = {option};
  std::string text;
  for (const auto& one : config::flatten(alone)) text += one.plugin + "\n" + row(one);
  return text;
}

// Takes the options that all plug-ins of a group have alike out of them.
std::vector<config::Option> take_shared(config::Option& group) {
  std::map<std::string, std::size_t> counts;
  for (const auto& plugin : group.plugins) {
    for (const auto& option : plugin.options) ++counts[describe(option)];
  }
  const auto is_shared = [&](const config::Option& option) {
    return group.plugins.size() > 1 && counts[describe(option)] == group.plugins.size();
  };
  std::vector<config::Option> shared;
  for (const auto& option : group.plugins.front().options) {
    if (is_shared(option)) shared.push_back(option);
  }
  for (auto& plugin : group.plugins) std::erase_if(plugin.options, is_shared);
  return shared;
}

// First what chooses the plug-in, then what all have, then what each has of its own.
void add_group(config::Option group, std::string& page) {
  config::Option all;
  all.key = group.key;
  all.options = take_shared(group);
  const std::vector<config::Option> own = {group}, shared = {all};
  const auto rows = config::flatten(own);
  add_tables({rows.front()}, page);
  auto shared_rows = config::flatten(shared);
  std::stable_partition(shared_rows.begin(), shared_rows.end(), [](const auto& one) { return one.plugin.empty(); });
  if (!shared_rows.empty()) page += fmt::format("\nWith every `{}.name`:\n", group.key);
  add_tables(shared_rows, page);
  add_tables({rows.begin() + 1, rows.end()}, page);
}

std::string write_page(const config::Catalogue& catalogue) {
  auto page = fmt::format(
      "# Options of {0}\n\n{1}\n\nEvery key that `{0} KEY=VALUE` and its configuration files may set. The defaults are "
      "those of the code;\nthe files in `configs/` may set others, and `{0} --cfg job` shows what a run gets. "
      "[config.md](config.md) explains how files and\narguments compose. Written by `make docs-config`.\n",
      catalogue.experiment, catalogue.summary);
  for (const auto& option : catalogue.options) {
    page += fmt::format("\n## {}\n", option.key);
    if (option.type == config::Option::Type::kPlugin && !option.plugins.empty()) {
      add_group(option, page);
    } else {
      const std::vector<config::Option> alone = {option};
      add_tables(config::flatten(alone), page);
    }
  }
  return page;
}

}  // namespace

void add_docs_command(CLI::App& app, Action& action) {
  const auto options = std::make_shared<DocsOptions>();
  auto* command = app.add_subcommand("docs-config", "Describe the options of an experiment in Markdown");
  command->add_option("catalogue", options->catalogue, "bin/engines/EXPERIMENT.json")->required();
  command->add_option("--out", options->out, "output file; default: print the page");
  command->callback([options, &action] {
    action = [options] {
      const auto page = write_page(config::read_catalogue(options->catalogue));
      if (options->out.empty()) {
        fmt::print("{}", page);
      } else {
        write_file_atomically(options->out, page);
      }
      return 0;
    };
  });
}

}  // namespace assay::tool
