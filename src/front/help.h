#pragma once

#include <string>
#include <vector>

#include "config/files.h"
#include "config/option.h"

namespace assay::front {

/// Lists the groups of the configuration files with their options, one group per line.
std::string list_groups(const config::ConfigFiles& files);

/// Lists the options with default, meaning and allowed values; those of a plug-in below the choice that selects it.
std::string list_options(const std::vector<config::Option>& options);

}  // namespace assay::front
