// assay docs-config: writes the options of an experiment as a Markdown page.

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>

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

std::string write_page(const config::Catalogue& catalogue) {
  auto page = fmt::format(
      "# Options of {0}\n\n{1}\n\nEvery key that `{0} KEY=VALUE` and its configuration files may set. The defaults are "
      "those of the code;\nthe files in `configs/` may set others, and `{0} --cfg job` shows what a run gets. "
      "[config.md](config.md) explains how files and\narguments compose. Written by `make docs-config`.\n",
      catalogue.experiment, catalogue.summary);
  std::string table;
  std::string plugin;
  for (const auto& one : config::flatten(catalogue.options)) {
    const auto top = one.key.substr(0, one.key.find('.'));
    if (top == table && one.plugin == plugin) {
      page += row(one);
      continue;
    }
    if (top != table) page += fmt::format("\n## {}\n", top);
    if (!one.plugin.empty()) page += fmt::format("\nWith `{}`:\n", one.plugin);
    page += "\n| option | default | values | meaning |\n|---|---|---|---|\n" + row(one);
    table = top;
    plugin = one.plugin;
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
