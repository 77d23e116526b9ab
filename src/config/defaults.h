#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/value.h"

namespace assay::config {

/// Is one entry of a `defaults` list as it is written:
/// "_self_", "path/config", "path/config@package", {group = "option"}, {"group@package" = ["a", "b"]}, and before the
/// group `optional` and `override`. The option "${null}" is a place to be filled, "???" one that must be.
struct DefaultsEntry {
  enum class Kind { kSelf, kConfig, kGroup };

  Kind kind = Kind::kSelf;
  std::string path;                    ///< of the config, or the group; with a leading `/` from the root
  std::optional<std::string> package;  ///< what stands behind `@`
  std::vector<std::string> options;    ///< of a group; none for "${null}"
  bool is_list = false;                ///< options were written as an array
  bool is_optional = false;
  bool is_override = false;
  Origin origin;
};

/// Reads the entries of a file's `defaults`; without any the list is empty. "_self_" is added at the end when it is not
/// named, as is meant by most files: their own values win.
/// Errors: Error(kConfig) for what is no entry, for a second "_self_", and for a plain entry behind an `override`.
std::vector<DefaultsEntry> read_defaults(const Table& file);

/// Returns what `__package__` of a file says, or nothing.
/// Errors: Error(kConfig) when it is not a string.
std::optional<std::string> read_package(const Table& file);

/// Tells whether a key at the top of a file is `defaults` or `__package__`, and so no value of its own.
bool is_directive(std::string_view key);

}  // namespace assay::config
