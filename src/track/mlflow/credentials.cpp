#include "track/mlflow/credentials.h"

#include <fmt/format.h>
#include <pwd.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>

#include "config/grammar_text.h"
#include "core/error.h"
#include "core/file.h"
#include "track/mlflow/environment.h"

namespace assay::track {
namespace {

std::string_view trim(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const auto start = text.find_first_not_of(kBlanks);
  return start == std::string_view::npos ? "" : text.substr(start, text.find_last_not_of(kBlanks) - start + 1);
}

std::string unescape(std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    text += value[i];
    if (value.substr(i, 2) == "%%") ++i;
  }
  return text;
}

void warn_if_open(const std::filesystem::path& path) {
  using std::filesystem::perms;
  static std::atomic<bool> told = false;
  std::error_code error;
  const auto permissions = std::filesystem::status(path, error).permissions();
  const bool is_open = (permissions & (perms::group_read | perms::others_read)) != perms::none;
  if (error || !is_open || told.exchange(true)) return;
  spdlog::warn("{} holds a password and can be read by others\n  hint: chmod 600 {}", path.string(), path.string());
}

}  // namespace

Credentials parse_credentials(std::string_view text, const std::filesystem::path& place) {
  Credentials credentials;
  std::string_view section;
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = trim(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[' && line.back() == ']') {
      section = line.substr(1, line.size() - 2);
      continue;
    }
    const auto delimiter = line.find_first_of("=:");
    if (section.empty() || delimiter == std::string_view::npos) {
      throw Error(
          ErrorKind::kConfig, "the credentials file is not understood", fmt::format("{}:{}", place.string(), number),
          "write [mlflow], and below it mlflow_tracking_username = NAME and mlflow_tracking_password = PASSWORD");
    }
    if (section != "mlflow") continue;
    const auto key = trim(line.substr(0, delimiter));
    const auto value = unescape(trim(line.substr(delimiter + 1)));
    if (config::equals_ignoring_case(key, "mlflow_tracking_username")) credentials.username = value;
    if (config::equals_ignoring_case(key, "mlflow_tracking_password")) credentials.password = value;
  }
  return credentials;
}

std::filesystem::path credentials_path() {
  auto home = environment_text("HOME");
  const passwd* const entry = home.empty() ? getpwuid(geteuid()) : nullptr;
  if (entry != nullptr) home = entry->pw_dir;
  return std::filesystem::path(home) / ".mlflow" / "credentials";
}

Credentials read_credentials() {
  const auto path = credentials_path();
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  warn_if_open(path);
  return parse_credentials(read_file(path), path);
}

}  // namespace assay::track
