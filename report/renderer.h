#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/document.h"

namespace assay::report {

/// Finds the Python that has vl-convert: $ASSAY_PYTHON, else .venv/bin/python in `folder` or one of the folders above
/// the running program. Returns an empty path when there is none.
std::filesystem::path find_python(const std::filesystem::path& folder = std::filesystem::current_path());

/// Renders each chart's specification into its `svg` and `png`, in one Python process; work files go below `scratch`.
/// Returns one text for each thing that went wrong; a chart that failed keeps empty pictures.
std::vector<std::string> render_charts(std::vector<Chart>& charts, const std::filesystem::path& scratch);

}  // namespace assay::report
