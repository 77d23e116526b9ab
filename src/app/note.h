#pragma once

#include <string>

#include "core/json.h"

namespace assay::app {

/// Tells a run in Markdown, as far as its record goes: results first, then how to repeat it. MLflow shows it as the
/// run's description. Input: record.json as docs/record.md tells.
std::string make_note(const Json& record);

}  // namespace assay::app
