#pragma once

#include <vector>

#include "config/option.h"
#include "config/value.h"

namespace assay::config {

/// Returns the table with the defaults of all options that it does not set, so that the complete configuration can be
/// shown. A plug-in's options are filled in where its name is set. Added values have the origin "default".
Table fill_defaults(const Table& table, const std::vector<Option>& options);

}  // namespace assay::config
