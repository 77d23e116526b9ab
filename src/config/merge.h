#pragma once

#include <string>

#include "config/grammar.h"
#include "config/value.h"

namespace assay::config {

/// Merges a file's own values, all but its directives, over the table at `package` ("train.schedule"; empty for the
/// root), which is created if missing. Tables merge deeply; any other value replaces the old one and remembers it.
/// "???" replaces nothing. Where one side is a table, the other must be a table, null or "???". Errors: Error(kConfig)
/// with the key and the origin of both sides if only one is a table.
void merge(Table& into, const Table& file, const std::string& package);

/// The effect of `key=value` if no file sets the key.
enum class NewKeys {
  kRefused,  ///< an error, as in Hydra: `+key=value` adds a key
  kAllowed,  ///< a schema later checks the keys, together with all other mistakes
};

/// Applies one override of a value to the composed configuration.
/// Errors: Error(kConfig) with the override, the nearest key, and the valid forms.
void apply_override(const Override& one, Table& root, NewKeys new_keys = NewKeys::kRefused);

}  // namespace assay::config
