#pragma once

#include <vector>

#include "config/option.h"
#include "config/value.h"

namespace assay::config {

/// Returns the table with the default of every option of which it says nothing, so that whoever looks at a
/// configuration sees all of it. A plug-in's options are filled in where its name is there. What is filled in has the
/// origin "default".
Table fill_defaults(const Table& table, const std::vector<Option>& options);

}  // namespace assay::config
