#pragma once

#include <filesystem>

namespace assay {

/// Returns the folder for what can be computed again: $XDG_CACHE_HOME/assay or ~/.cache/assay; empty where neither
/// variable is set.
std::filesystem::path cache_folder();

}  // namespace assay
