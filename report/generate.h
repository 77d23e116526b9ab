#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/sources.h"

namespace assay::report {

/// The files written, and warnings for the reader.
struct GeneratedReport {
  std::filesystem::path markdown;
  std::filesystem::path html;
  std::vector<std::string> warnings;
};

/// Writes report.md, report.html and charts/ into `out`, each file atomically.
/// Without vl-convert the report has no charts, and says so.
/// Errors: Error(kData) if `out` cannot be written.
GeneratedReport generate_report(const LoadedRecords& loaded, const std::filesystem::path& out);

}  // namespace assay::report
