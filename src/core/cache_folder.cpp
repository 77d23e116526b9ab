#include "core/cache_folder.h"

#include <cstdlib>

namespace assay {

std::filesystem::path cache_folder() {
  const auto* cache = std::getenv("XDG_CACHE_HOME");
  if (cache != nullptr && *cache == '/') return std::filesystem::path(cache) / "assay";
  const auto* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return std::filesystem::path(home) / ".cache" / "assay";
  return {};
}

}  // namespace assay
