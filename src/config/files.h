#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/value.h"

namespace assay::config {

/// Finds and reads configuration files below the folders of a search path; each is read once.
/// The name of a file is its path below such a folder without ".toml" ("train/schedule/cosine"); a group is a folder.
class ConfigFiles {
 public:
  /// The first of `folders` that has a file of a name provides it.
  explicit ConfigFiles(std::vector<std::filesystem::path> folders) : folders_(std::move(folders)) {}

  /// Returns the contents of a file, or nullptr if no folder has it.
  /// Errors: Error(kConfig) if it is not TOML, or if the name leads out of the folders.
  const Table* find(const std::string& name);

  bool has_group(const std::string& group);

  /// Lists the options of a group, sorted; empty if there is no such group.
  std::vector<std::string> options(const std::string& group) const;

  /// Lists all groups, sorted, without those that only contain other groups and without `grid`, whose files contain
  /// overrides.
  std::vector<std::string> groups() const;

  const std::vector<std::filesystem::path>& folders() const { return folders_; }

 private:
  std::filesystem::path path_of(const std::string& name) const;

  std::vector<std::filesystem::path> folders_;
  std::map<std::string, std::unique_ptr<const Table>> files_;
  std::map<std::string, bool> groups_;
};

}  // namespace assay::config
