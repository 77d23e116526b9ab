#pragma once

#include <string>

#include "config/grammar.h"
#include "config/value.h"

namespace assay::config {

/// Lays a file's own values, all but its directives, over the table at `package` ("train.schedule"; empty for the
/// root), which is made when it is not there: tables merge deeply, any other value replaces, and remembers what it
/// replaced. "???" replaces nothing. Where one side is a table, the other must be a table, null or "???". Errors:
/// Error(kConfig) with the key and the origin of both sides when only one is a table.
void merge(Table& into, const Table& file, const std::string& package);

/// Says what `key=value` does when no file sets the key.
enum class NewKeys {
  kRefused,  ///< as in Hydra: `+key=value` adds one
  kAllowed,  ///< a schema tells later, together with all other mistakes, which keys there are
};

/// Applies one override of a value to the composed configuration.
/// Errors: Error(kConfig) with the override, the nearest key, and what would work.
void apply_override(const Override& one, Table& root, NewKeys new_keys = NewKeys::kRefused);

}  // namespace assay::config
