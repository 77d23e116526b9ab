#include "app/command_line.h"

#include <CLI/CLI.hpp>

#include "core/build_info.h"

namespace assay::app {
namespace {

namespace fs = std::filesystem;

// configs/ below the current folder, or else beside the checkout or the installation that the binary lies in.
fs::path find_config_dir() {
  std::error_code ignored;
  if (fs::is_directory("configs", ignored)) return "configs";
  for (auto folder = fs::canonical("/proc/self/exe", ignored).parent_path(); folder.has_relative_path();
       folder = folder.parent_path()) {
    if (fs::is_directory(folder / "configs", ignored)) return folder / "configs";
  }
  return "configs";
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

std::string list_groups(const fs::path& config_dir) {
  std::string text;
  std::error_code ignored;
  std::vector<fs::path> files;
  for (const auto& file : fs::recursive_directory_iterator(config_dir, ignored)) {
    if (file.path().extension() == ".toml" && file.path().parent_path() != config_dir) files.push_back(file.path());
  }
  std::sort(files.begin(), files.end());
  std::string last_group;
  for (const auto& file : files) {
    const auto group = fs::relative(file.parent_path(), config_dir, ignored).string();
    text += group == last_group ? ", " : fmt::format("\n  {} = ", group);
    text += file.stem().string();
    last_group = group;
  }
  return text;
}

std::string describe_options(const std::vector<config::FieldHelp>& options) {
  std::string text;
  for (const auto& option : options) {
    const auto limits = option.limits.empty() ? "" : fmt::format(" ({})", option.limits);
    const auto value = option.default_value.empty() ? "" : " = " + option.default_value;
    text += fmt::format("\n  {:<44} {}{}", option.key + value, option.help, limits);
  }
  return text;
}

}  // namespace

std::optional<int> parse_command_line(int argc, char** argv, const std::string& name, const std::string& summary,
                                      const std::vector<config::FieldHelp>& options, CommandLine& command_line) {
  command_line.config_dir = find_config_dir();
  CLI::App app(summary, name);
  const auto& build = build_info();
  app.set_version_flag("--version",
                       fmt::format("{} {} ({}{})", name, build.version, build.commit, build.dirty ? ", dirty" : ""));
  app.add_option("overrides", command_line.overrides, "key=value and group=option")->option_text("KEY=VALUE...");
  app.add_option("--config-dir", command_line.config_dir, "folder of the configuration files")->capture_default_str();
  app.add_flag("--force", command_line.force, "run again what has already finished");
  app.footer([&] {
    return "Groups (choose with group=option):" + list_groups(command_line.config_dir) +
           "\n\nOptions (set with key=value):" + describe_options(options);
  });
  for (int i = 0; i < argc; ++i) command_line.text += (i == 0 ? "" : " ") + quote_for_shell(i == 0 ? name : argv[i]);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return std::nullopt;
}

}  // namespace assay::app
