#include "config/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "config/toml.h"
#include "core/error.h"

namespace assay::config {
namespace {

namespace fs = std::filesystem;

// Its files contain overrides, for `@configs/grid/seeds.toml`.
constexpr const char* kSweepFolder = "grid";

// Rejects names that lead out of the folders of the search path.
void check_name(const std::string& name) {
  const fs::path path(name);
  const bool climbs = std::find(path.begin(), path.end(), "..") != path.end();
  if (!climbs && path.is_relative() && name.find('\\') == std::string::npos && name.find('\0') == std::string::npos)
    return;
  throw Error(ErrorKind::kConfig, fmt::format("\"{}\" is not the name of a configuration file", name), "",
              "names are made of folders and a file below the configuration folder, such as train/schedule/cosine");
}

}  // namespace

const Table* ConfigFiles::find(const std::string& name) {
  if (const auto known = files_.find(name); known != files_.end()) return known->second.get();
  check_name(name);
  const auto path = path_of(name);
  auto file = path.empty() ? nullptr : std::make_unique<const Table>(read_toml(path));
  return files_.emplace(name, std::move(file)).first->second.get();
}

// Returns an empty path if no folder has the file.
fs::path ConfigFiles::path_of(const std::string& name) const {
  std::error_code ignored;
  for (const auto& folder : folders_) {
    auto path = folder / (name + ".toml");
    if (fs::is_regular_file(path, ignored)) return path;
  }
  return {};
}

bool ConfigFiles::has_group(const std::string& group) {
  const auto [known, is_new] = groups_.try_emplace(group, false);
  if (is_new && !group.empty() && group.front() != '/' && group.find("..") == std::string::npos) {
    std::error_code ignored;
    known->second = std::any_of(folders_.begin(), folders_.end(),
                                [&](const auto& folder) { return fs::is_directory(folder / group, ignored); });
  }
  return known->second;
}

std::vector<std::string> ConfigFiles::options(const std::string& group) const {
  std::set<std::string> options;
  std::error_code ignored;
  for (const auto& folder : folders_) {
    for (const auto& file : fs::directory_iterator(folder / group, ignored)) {
      if (file.path().extension() == ".toml") options.insert(file.path().stem().string());
    }
  }
  return {options.begin(), options.end()};
}

std::vector<std::string> ConfigFiles::groups() const {
  std::set<std::string> groups;
  std::error_code ignored;
  for (const auto& folder : folders_) {
    for (const auto& file : fs::recursive_directory_iterator(folder, ignored)) {
      const auto group = file.path().parent_path().lexically_relative(folder);
      if (file.path().extension() != ".toml" || group == "." || *group.begin() == kSweepFolder) continue;
      groups.insert(group.string());
    }
  }
  return {groups.begin(), groups.end()};
}

}  // namespace assay::config
