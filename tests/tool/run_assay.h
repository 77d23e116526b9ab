#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "report/process.h"

namespace assay {

/// Runs the built `assay`.
inline report::ProcessResult run_assay(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), std::string(ASSAY_BINARY_DIR) + "/bin/assay");
  return report::run_process(arguments, std::chrono::minutes(3));
}

inline std::string sample_runs() { return std::string(ASSAY_SOURCE_DIR) + "/tests/report/runs"; }

}  // namespace assay
