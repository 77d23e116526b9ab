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

/// Says what to compose.
struct ComposeRequest {
  std::filesystem::path folder;        ///< holds the primary file and one folder a group
  std::string primary;                 ///< name of the primary file, without ".toml"
  std::vector<std::string> overrides;  ///< `key=value` and `group=option`, as on the command line
};

/// Is a composed configuration, `${...}` and "???" still in place.
struct Composition {
  Table table;
  std::vector<PlacedFile> files;  ///< what was merged, in this order
};

/// Composes one configuration: the files of the defaults list, later over earlier, each in the table of its group; then
/// the overrides of values, in their order. Mistakes of several overrides are told together.
/// Errors: Error(kConfig) with position and the nearest existing name.
Composition compose(ConfigFiles& files, const std::string& primary, const std::vector<Override>& overrides,
                    NewKeys new_keys = NewKeys::kRefused);

/// Composes what the request asks for.
Table compose(const ComposeRequest& request);

/// Parses the arguments of a command line; `@file.toml` stands for the strings in the array `overrides` of that file.
std::vector<Override> parse_overrides(const std::vector<std::string>& arguments);

}  // namespace assay::config
