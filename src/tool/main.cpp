// The `assay` command: works with finished runs. It does not link LibTorch, so that it answers at once.

#include <fmt/format.h>

#include <exception>

#include "core/build_info.h"
#include "core/error.h"
#include "core/stop.h"
#include "core/terminal.h"
#include "tool/commands.h"

namespace {

std::string version_text() {
  const auto& build = assay::build_info();
  auto text = fmt::format("assay {}", build.version);
  if (build.commit[0] != '\0')
    text += fmt::format(" ({}{})", std::string(build.commit).substr(0, 12), build.dirty ? ", modified" : "");
  return text + fmt::format(", {}, {}", build.compiler, build.build_type);
}

int run(int argc, char** argv) {
  CLI::App app("Works with the runs of Assay's experiments.", "assay");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  assay::tool::Action action;
  assay::tool::add_report_command(app, action);
  assay::tool::add_sync_command(app, action);
  assay::tool::add_mlflow_check_command(app, action);
  assay::tool::add_docs_command(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(assay::ErrorKind::kConfig);
  }
  return action();
}

}  // namespace

int main(int argc, char** argv) {
  assay::open_standard_descriptors();
  try {
    return run(argc, argv);
  } catch (const assay::Stopped& stopped) {
    return 128 + stopped.signal;
  } catch (const assay::Error& error) {
    assay::print_status("assay: {}\n", error.what());
    return static_cast<int>(error.kind());
  } catch (const std::exception& error) {
    assay::print_status("assay: {}\n", error.what());
    return static_cast<int>(assay::ErrorKind::kInternal);
  }
}
