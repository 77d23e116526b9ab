#pragma once

#include <string>
#include <string_view>

#include "config/value.h"

namespace assay::config {

/// Is one argument `key=value` of the command line, taken apart.
struct Override {
  std::string key;   ///< "train.epochs", or the group "data", "train/schedule"
  std::string text;  ///< what stands behind the first `=`
  Value value;       ///< the text read as a TOML value, or as a bare string ("cifar10")
};

/// Parses the argument that stands at `position` (from 1) among the overrides.
/// Errors: Error(kConfig) when it is not `key=value` with a key of letters, digits, `_`, `-`, `.`, `/`.
Override parse_override(std::string_view argument, int position);

}  // namespace assay::config
