#pragma once

#include <optional>
#include <string_view>

#include "config/value.h"

namespace assay::config {

/// Turns a value that is neither an array nor a table into an "int", "float", "bool" or "str" as Python does;
/// nothing when it cannot be one. A string may spell a number with blanks around it and leading zeros.
std::optional<Value::Data> cast_scalar(const Value& value, std::string_view type);

}  // namespace assay::config
