#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/value.h"

namespace assay::config {

/// One entry of a `defaults` list as written: "_self_", "path/config", "path/config@package", {group = "option"},
/// {"group@package" = ["a", "b"]}, and before the group `optional` and `override`. The option "${null}" may be chosen
/// later, "???" must be.
struct DefaultsEntry {
  enum class Kind { kSelf, kConfig, kGroup };

  Kind kind = Kind::kSelf;
  std::string path;                    ///< of the config, or the group; a leading `/` starts from the root
  std::optional<std::string> package;  ///< the part after `@`
  std::vector<std::string> options;    ///< of a group; empty for "${null}"
  bool is_list = false;                ///< options were written as an array
  bool is_optional = false;
  bool is_override = false;
  Origin origin;
};

/// Reads the entries of a file's `defaults`; empty if it has none. "_self_" is added at the end if it is missing, since
/// in most files their own values should win.
/// Errors: Error(kConfig) for an invalid entry, a second "_self_", and a plain entry after an `override`.
std::vector<DefaultsEntry> read_defaults(const Table& file);

/// Returns the `__package__` of a file, or nothing.
/// Errors: Error(kConfig) if it is not a string.
std::optional<std::string> read_package(const Table& file);

/// Returns whether a top-level key of a file is `defaults` or `__package__`, and so not a value.
bool is_directive(std::string_view key);

}  // namespace assay::config
