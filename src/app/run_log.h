#pragma once

#include <spdlog/sinks/sink.h>

#include <filesystem>

#include "core/terminal.h"

namespace assay::app {

/// Keeps what the terminal shows of a run, but for the progress bars, in a file of its folder. A run that goes on
/// appends to it.
class RunLog {
 public:
  explicit RunLog(const std::filesystem::path& folder);
  ~RunLog();
  RunLog(const RunLog&) = delete;
  RunLog& operator=(const RunLog&) = delete;

 private:
  StatusLog status_;
  spdlog::sink_ptr warnings_;  ///< null: the file cannot be written
};

}  // namespace assay::app
