#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/document.h"

namespace assay::report {

/// Finds a Python with vl-convert: $ASSAY_PYTHON, else .venv/bin/python in `folder` or one of the folders above the
/// running program. Returns an empty path if there is none.
std::filesystem::path find_python(const std::filesystem::path& folder = std::filesystem::current_path());

/// Renders each chart's specification into its `svg` and `png`, in one Python process; temporary files go below
/// `scratch`. Returns one text for each problem; a failed chart has no images.
std::vector<std::string> render_charts(std::vector<Chart>& charts, const std::filesystem::path& scratch);

}  // namespace assay::report
