#include "front/inspection.h"

#include <fmt/format.h>

#include "config/inspect.h"
#include "config/sweep.h"
#include "config/toml.h"
#include "front/completion.h"

namespace assay::front {
namespace {

std::string describe_sweep(const std::vector<config::Override>& overrides, const config::ConfigFiles& files) {
  const auto runs = config::expand_sweeps(overrides, files);
  std::string text;
  for (std::size_t i = 0; i < runs.size(); ++i) text += fmt::format("{:>4}  {}\n", i, config::describe_run(runs[i]));
  return text;
}

}  // namespace

bool is_asked(const Inspection& inspection) {
  return inspection.word || !inspection.shell.empty() || !inspection.info.empty() || !inspection.config.empty() ||
         !inspection.explain.empty();
}

std::string inspect(const CommandLine& command_line, config::ConfigFiles& files, const config::Catalogue& catalogue,
                    const Resolvers& resolvers) {
  const auto& asked = command_line.inspection;
  if (!asked.shell.empty()) return completion_script(asked.shell, catalogue.experiment);
  if (asked.word) return complete(*asked.word, files, catalogue.options);
  const auto overrides = config::parse_overrides(command_line.overrides);
  if (asked.info == "searchpath") return config::describe_search_path(files);
  if (asked.info == "sweep") return describe_sweep(overrides, files);
  const bool wants_resolved = asked.info.empty() && asked.explain.empty() && asked.config == "resolved";
  if (wants_resolved) return config::write_toml(configure(files, catalogue, overrides, resolvers).resolved);
  const auto composition = compose(files, catalogue, overrides);
  if (asked.info == "defaults") return config::describe_defaults(composition.files);
  if (!asked.explain.empty()) return config::explain(composition.table, asked.explain);
  return config::write_toml(composition.table);
}

}  // namespace assay::front
