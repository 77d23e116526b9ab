#pragma once

#include <string>

#include "config/section.h"
#include "config/toml.h"

namespace assay::data {

/// Makes the section `data` from TOML text, as if it were read from data.toml.
inline config::Section data_section(const std::string& toml) {
  return config::Section(config::parse_toml(toml, "data.toml"), "data", config::Origin{"data.toml", 1, 1});
}

}  // namespace assay::data
