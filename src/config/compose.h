#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/value.h"

namespace assay::config {

/// Says what to compose.
struct ComposeRequest {
  std::filesystem::path folder;        ///< holds the primary file and one folder a group
  std::string primary;                 ///< name of the primary file, without ".toml"
  std::vector<std::string> overrides;  ///< `key=value` and `group=option`, as on the command line
};

/// Composes one configuration: the primary file's `defaults` in their order, later ones over earlier ones, then the
/// overrides. Tables merge deeply; any other value replaces.
///
/// An entry of `defaults` is "_self_" (the file itself; at the end when not named), {group = "option"} (the file
/// group/option.toml, placed in the table of the group's name, `/` opening a table), or {"override group" = "option"}
/// (replaces the choice made elsewhere); a group is relative to the file's own, or absolute with a leading `/`. A file
/// that holds `__package__ = "_global_"` is placed at the root. `group=option` on the command line beats both; a group
/// that no defaults list names is added at the end. Errors: Error(kConfig) with position and the nearest existing name.
Table compose(const ComposeRequest& request);

}  // namespace assay::config
