#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace assay::report {

/// Tells how a program ended.
struct ProcessResult {
  enum class End { kExited, kSignalled, kTimedOut, kNotStarted };
  End end = End::kNotStarted;
  int code = 0;        ///< exit status, signal, or errno of the failed start
  std::string output;  ///< what it wrote on stdout and stderr, the first 64 KiB
};

/// Runs a program without a shell, with an empty stdin, and waits for it; after `timeout` it is killed with its
/// children.
ProcessResult run_process(const std::vector<std::string>& arguments, std::chrono::milliseconds timeout);

/// Returns the path of the running program; empty when the system does not tell.
std::filesystem::path own_executable();

}  // namespace assay::report
