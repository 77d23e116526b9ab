#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "track/source/git.h"
#include "track/tracker.h"

namespace assay::app {

/// Tells which sources a run was made from: the program's own, and the repository that holds its configuration.
struct Provenance {
  std::vector<track::KeyValue> tags;  ///< under MLflow's names where it has them
  Json record;                        ///< becomes the record's `source`
  std::string diff;                   ///< of the repository against its commit; empty for none
  track::GitState git;                ///< empty where it cannot be read
};

/// Finds them out. `folder` is the one with the configuration; `has_untracked` puts text files into the diff that Git
/// does not track.
Provenance find_provenance(const std::filesystem::path& folder, bool has_untracked);

}  // namespace assay::app
