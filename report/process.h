#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace assay::report {

/// How a program ended.
struct ProcessResult {
  enum class End { kExited, kSignalled, kTimedOut, kNotStarted };
  End end = End::kNotStarted;
  int code = 0;        ///< exit status, signal, or errno of the failed start
  std::string output;  ///< the first 64 KiB of its stdout and stderr
};

/// Runs a program without a shell, with an empty stdin, and waits for it; after `timeout` kills it and its children.
ProcessResult run_process(const std::vector<std::string>& arguments, std::chrono::milliseconds timeout);

/// Returns the path of the running program; empty if the system does not provide it.
std::filesystem::path own_executable();

}  // namespace assay::report
