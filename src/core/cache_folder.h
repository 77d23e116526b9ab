#pragma once

#include <filesystem>

namespace assay {

/// Returns the folder for data that can be recomputed: $XDG_CACHE_HOME/assay or ~/.cache/assay; empty if neither
/// variable is set.
std::filesystem::path cache_folder();

}  // namespace assay
