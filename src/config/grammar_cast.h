#pragma once

#include <optional>
#include <string_view>

#include "config/value.h"

namespace assay::config {

/// Converts a value other than an array or a table to "int", "float", "bool" or "str" as Python does; nothing if that
/// is impossible. A string may contain a number with blanks around it and leading zeros.
std::optional<Value::Data> cast_scalar(const Value& value, std::string_view type);

}  // namespace assay::config
