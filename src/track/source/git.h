#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace assay::track {

/// Says which code a Git repository holds at this moment.
struct GitState {
  std::filesystem::path folder;  ///< the working tree; of a bare repository, itself
  std::string commit;            ///< 40 hexadecimal digits; empty before the first commit
  std::string branch;            ///< empty when HEAD is detached
  std::string url;               ///< of the remote "origin", without user and password; empty when there is none
  bool dirty = false;            ///< files that Git tracks differ from the commit
  int num_untracked = 0;         ///< files that Git neither tracks nor ignores

  /// The difference between the commit and the working tree, such that `git apply` makes the one from the other. What
  /// is not in it stands in front, a line "# left out: <path>: <why>" each: files that are not tracked, with their
  /// SHA-256, binary files, files whose name says that they are secret, those that would make it too long, and lines
  /// that look like secrets.
  std::string diff;

  /// Text files that are not tracked, as long as they are not large: their paths in `folder`.
  std::vector<std::filesystem::path> untracked;
};

/// Holds what could be found out.
struct GitInspection {
  std::optional<GitState> state;
  std::string reason;  ///< why there is no state, or why it lacks its diff; empty when all is there
};

inline constexpr std::size_t kMaxDiffBytes = 1'000'000;

/// Inspects the repository that holds a folder, without changing anything in it. One that belongs to another user is
/// not read unless Git's `safe.directory` allows it. With `has_untracked` text files that are not tracked are in the
/// diff, too. Errors: none; a repository that cannot be read has a reason.
GitInspection inspect_git(const std::filesystem::path& inside, bool has_untracked = false,
                          std::size_t max_diff_bytes = kMaxDiffBytes);

/// Copies the text files that are not tracked, with their permissions. Returns why one could not be, or "".
std::string keep_untracked(const GitState& state, const std::filesystem::path& folder);

}  // namespace assay::track
