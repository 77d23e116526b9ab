#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "track/journal_store.h"
#include "track/mlflow_api.h"

namespace assay::track {

/// Path inside a run of the list of its files with their sizes and hashes.
inline constexpr std::string_view kManifestPath = "manifest.json";

/// Formats that list as JSON.
std::string format_manifest(const std::map<std::string, FileContent>& files);

/// Reads everything of a run back from the server and compares it with the journal: each point of each metric, params,
/// tags, and the files' sizes. Returns the differences, a line each; none when the server has all of it, and nothing
/// twice. What others added to the run under other names does not count.
Outcome<std::vector<std::string>> read_back(MlflowApi& api, JournalStore& store, const RecordedRun& run);

}  // namespace assay::track
