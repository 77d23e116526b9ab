#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace assay::track {

/// Says which code a Git repository holds at this moment.
struct GitState {
  std::filesystem::path folder;  ///< the working tree; of a bare repository, itself
  std::string commit;            ///< 40 hexadecimal digits; empty before the first commit
  std::string branch;            ///< empty when HEAD is detached
  std::string url;               ///< of the remote "origin", without user and password; empty when there is none
  bool dirty = false;            ///< files that Git tracks differ from the commit
  int num_untracked = 0;         ///< files that Git neither tracks nor ignores

  /// The difference between the commit and the working tree, with the text files that are not tracked, such that
  /// `git apply` makes the one from the other. What is not in it stands in front, a line "# left out: <path>: <why>"
  /// each: binary files, files whose name says that they are secret, and those that would make it too long.
  std::string diff;
};

/// Holds what could be found out.
struct GitInspection {
  std::optional<GitState> state;
  std::string reason;  ///< why there is no state, or why it lacks its diff; empty when all is there
};

inline constexpr std::size_t kMaxDiffBytes = 1'000'000;

/// Inspects the repository that holds a folder, without changing anything in it. One that belongs to another user is
/// not read unless Git's `safe.directory` allows it. Errors: none; a repository that cannot be read has a reason.
GitInspection inspect_git(const std::filesystem::path& inside, std::size_t max_diff_bytes = kMaxDiffBytes);

}  // namespace assay::track
