#pragma once

#include <string>

#include "core/error.h"
#include "core/stop.h"
#include "track/tracker.h"

namespace assay::app {

/// How a run, or a part of it, ended.
struct Ending {
  track::RunStatus status = track::RunStatus::kFinished;
  int exit_code = 0;
  std::string error;
};

/// Says what the exception now being handled means for the run and the process.
Ending ending_of_exception();

/// Returns the exit code of a run: what went wrong in the run itself counts first, then in writing its record, and
/// incomplete tracking, whatever the reason, only where all else went well (4).
int exit_code_of(const Ending& run, const Ending& record, bool is_tracked);

/// Prints an error on stderr, with the lines of the files that it names.
void tell(const std::string& error);

/// Calls `work` and turns whatever it throws into how the process ends: with the one catch of the program.
template <typename Work>
Ending end_of(const Work& work) {
  try {
    work();
    return {};
  } catch (...) {
    return ending_of_exception();
  }
}

}  // namespace assay::app
