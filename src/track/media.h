#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "track/tracker.h"

namespace assay::track {

/// Records a picture so that MLflow's image grid shows it, by key and step. The file must stay in place until finish().
/// Errors: Error(kInternal) for a key with other characters than ASCII letters, digits and _ - . / and spaces.
void log_image(Run& run, const std::filesystem::path& png, std::string_view key, std::int64_t step);

/// A table of a run, as MLflow's evaluation view shows it.
struct Table {
  std::string path;  ///< inside the run; ends with ".json"
  std::vector<std::string> columns;
  std::vector<std::vector<Json>> rows;
};

/// Writes tables into `folder`, where they must stay until finish(), and records them: all of a run in one call, since
/// MLflow finds them by one tag. Errors: Error(kData) when a file cannot be written; Error(kInternal) for a row that is
/// not as long as its columns.
void log_tables(Run& run, const std::filesystem::path& folder, const std::vector<Table>& tables);

}  // namespace assay::track
