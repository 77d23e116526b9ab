#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/defaults_list.h"
#include "config/files.h"
#include "config/grammar.h"
#include "config/merge.h"
#include "config/value.h"

namespace assay::config {

/// What to compose.
struct ComposeRequest {
  std::filesystem::path folder;        ///< the primary file and one folder per group
  std::string primary;                 ///< name of the primary file, without ".toml"
  std::vector<std::string> overrides;  ///< `key=value` and `group=option`, as on the command line
};

/// A composed configuration, with `${...}` and "???" still in place.
struct Composition {
  Table table;
  std::vector<PlacedFile> files;  ///< the merged files, in order
};

/// Composes one configuration: the files of the defaults list, later over earlier, each in the table of its group; then
/// the overrides of values, in order. Mistakes of several overrides are reported together.
/// Errors: Error(kConfig) with position and the nearest existing name.
Composition compose(ConfigFiles& files, const std::string& primary, const std::vector<Override>& overrides,
                    NewKeys new_keys = NewKeys::kRefused);

/// Composes the requested configuration.
Table compose(const ComposeRequest& request);

/// Parses the arguments of a command line; `@file.toml` stands for the strings in the array `overrides` of that file.
std::vector<Override> parse_overrides(const std::vector<std::string>& arguments);

}  // namespace assay::config
