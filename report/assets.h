#pragma once

#include <string_view>

namespace assay::report {

/// Returns a file of report/templates, or scripts/render_charts, as of build time.
/// Errors: std::logic_error for a name that was not built in.
std::string_view asset(std::string_view name);

}  // namespace assay::report
