#pragma once

#include <string>
#include <string_view>

#include "report/document.h"
#include "report/sources.h"

namespace assay::report {

/// Composes the report: for each experiment the newest finished run in full and a table of all its runs; then the
/// records that could not be read.
Document compose_report(const LoadedRecords& loaded, std::string_view generated_utc);

/// Makes a name safe for file names and anchors: lower-case letters, digits, '-' and '_'.
std::string slug(std::string_view name);

}  // namespace assay::report
