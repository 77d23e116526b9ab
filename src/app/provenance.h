#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "track/tracker.h"

namespace assay::app {

/// Tells which sources a run was made from: the program's own, and the repository that holds its configuration.
struct Provenance {
  std::vector<track::KeyValue> tags;  ///< under MLflow's names where it has them
  Json record;                        ///< becomes the record's `source`
  std::string diff;                   ///< of the repository against its commit; empty for none
};

/// Finds them out. `folder` is the one with the configuration.
Provenance find_provenance(const std::filesystem::path& folder);

}  // namespace assay::app
