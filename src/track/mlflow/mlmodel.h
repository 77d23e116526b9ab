#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "track/tracker.h"

namespace assay::track {

/// Sets top-level keys of an MLmodel file, which is YAML in block style, and leaves all else as it is. Values are
/// written as text.
std::string set_mlmodel_keys(std::string_view text, const std::vector<KeyValue>& values);

}  // namespace assay::track
