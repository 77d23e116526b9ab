#pragma once

#include <functional>
#include <string>
#include <vector>

#include "app/run_context.h"

namespace assay::app {

/// What one examination of a machine found.
struct Finding {
  enum class Verdict {
    kPass,
    kNotAvailable,  ///< the machine does without, and says why
    kFail,
  };
  Verdict verdict = Verdict::kPass;
  std::string text;
};

struct Examination {
  std::string name;
  std::function<Finding()> examine;  ///< what it throws is a failure
};

/// Returns what can be examined of the machine that a context describes. Each takes at most a few seconds.
std::vector<Examination> list_examinations(const RunContext& context);

/// Performs examinations in turn, prints a line each and writes all to doctor.json in the run's folder.
/// Errors: Error(kConfig) naming those that failed, after the last.
void examine_all(RunContext& context, const std::vector<Examination>& examinations);

}  // namespace assay::app
