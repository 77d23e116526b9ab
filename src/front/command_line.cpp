#include "front/command_line.h"

#include <CLI/CLI.hpp>

#include "config/files.h"
#include "core/build_info.h"
#include "core/redact.h"
#include "front/help.h"

namespace assay::front {
namespace {

namespace fs = std::filesystem;

// configs/ in the current folder, then in the checkout or installation that contains the binary.
std::vector<fs::path> find_config_dirs() {
  std::vector<fs::path> folders;
  std::error_code ignored;
  if (fs::is_directory("configs", ignored)) folders.emplace_back("configs");
  for (auto folder = fs::canonical("/proc/self/exe", ignored).parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (!fs::is_directory(folder / "configs", ignored)) continue;
    if (folders.empty() || !fs::equivalent(folders.front(), folder / "configs", ignored))
      folders.push_back(folder / "configs");
    break;
  }
  if (folders.empty()) folders.emplace_back("configs");
  return folders;
}

std::string quote_for_shell(const std::string& word) {
  const bool is_plain = !word.empty() && word.find_first_not_of(
                                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./=:,") ==
                                             std::string::npos;
  if (is_plain) return word;
  std::string quoted = "'";
  for (const char c : word) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

std::string explain_missing_folder(const std::string& path) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return "";
  return fmt::format("there is no folder {}\n  hint: relative paths start from the current folder, {}", path,
                     fs::current_path(ignored).string());
}

std::vector<fs::path> search_path(const CommandLine& command_line, const std::vector<fs::path>& own_configs) {
  auto folders = command_line.config_dirs;
  folders.insert(folders.end(), own_configs.begin(), own_configs.end());
  return folders;
}

}  // namespace

std::optional<int> parse_command_line(int argc, char** argv, const config::Catalogue& catalogue,
                                      CommandLine& command_line) {
  const auto own_configs = find_config_dirs();
  const auto& name = catalogue.experiment;
  CLI::App app(catalogue.summary, name);
  const auto& build = build_info();
  app.set_version_flag("--version",
                       fmt::format("{} {} ({}{})", name, build.version, build.commit, build.dirty ? ", dirty" : ""));
  auto& asked = command_line.inspection;
  app.add_option("overrides", command_line.overrides, "key=value, group=option, @file.toml")
      ->option_text("KEY=VALUE...");
  app.add_option("--config-dir", command_line.config_dirs,
                 "folder of configuration files that take precedence over the project's")
      ->allow_extra_args(false)
      ->check(explain_missing_folder);
  app.add_flag("-m,--multirun", command_line.multirun, "run every combination of key=a,b and key=range(n)");
  app.add_flag("--force", command_line.force, "run again even if the run has already finished");
  app.add_flag("--dry-run", command_line.dry_run, "check everything, say what would run, and stop");
  app.add_flag("--data-check", command_line.data_check, "read all images, tell what is wrong with them, and stop");
  app.add_flag("--summary", command_line.summary,
               "print the network's layers with their shapes, parameters and multiplications, and stop");
  app.add_option("-c,--cfg", asked.config, "print the configuration: job (as composed) or resolved")
      ->check(CLI::IsMember({"job", "resolved"}));
  app.add_option("-i,--info", asked.info, "print how it was composed: defaults, searchpath or sweep")
      ->check(CLI::IsMember({"defaults", "searchpath", "sweep"}));
  app.add_option("--explain", asked.explain, "print who set a key, and which values it replaced")->option_text("KEY");
  app.add_option("--shell-completion", asked.shell, "print a completion script: eval \"$(... bash)\"")
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  app.add_option("--complete", asked.word, "print the completions of a word; called by the script")
      ->option_text("WORD");
  app.footer([&] {
    const config::ConfigFiles files(search_path(command_line, own_configs));
    return "Groups (choose with group=option):" + list_groups(files) +
           "\n\nOptions (set with key=value):" + list_options(catalogue.options);
  });
  for (int i = 0; i < argc; ++i) command_line.text += (i == 0 ? "" : " ") + quote_for_shell(i == 0 ? name : argv[i]);
  command_line.text = redact_logins(std::move(command_line.text));
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return redact_logins(CLI::FailureMessage::simple(failed, error));
  });
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  command_line.config_dirs = search_path(command_line, own_configs);
  return std::nullopt;
}

}  // namespace assay::front
