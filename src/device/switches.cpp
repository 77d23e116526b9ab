#include "device/switches.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

#include <algorithm>

namespace assay::device {
namespace {

// LibTorch accepts the number once, before the first operation.
std::string set_interop_threads(int count) {
  if (at::get_num_interop_threads() == static_cast<std::size_t>(count)) return "";
  try {
    at::set_num_interop_threads(count);
    return "";
  } catch (const c10::Error&) {
    return fmt::format("device.interop_threads = {}: LibTorch had already started with {}", count,
                       at::get_num_interop_threads());
  }
}

// LibTorch starts as many threads as it is told to. Hundreds more than there are cores take minutes, in which no signal
// is obeyed, and compute no faster.
int bound_by_cores(const char* key, std::int64_t asked, const Host& host, std::vector<std::string>& problems) {
  if (asked > host.num_cores)
    problems.push_back(fmt::format("{} = {}: as many as the usable cores are taken, {}", key, asked, host.num_cores));
  return static_cast<int>(std::min<std::int64_t>(asked, host.num_cores));
}

}  // namespace

std::vector<std::string> set_switches(const DeviceOptions& options, const Host& host) {
  std::vector<std::string> problems;
  const auto threads = options.threads.value_or(host.num_cores);
  at::set_num_threads(bound_by_cores("device.threads", threads, host, problems));
  if (options.interop_threads) {
    const auto problem =
        set_interop_threads(bound_by_cores("device.interop_threads", *options.interop_threads, host, problems));
    if (!problem.empty()) problems.push_back(problem);
  }
  at::globalContext().setBenchmarkCuDNN(options.cudnn_benchmark);
  return problems;
}

std::vector<std::pair<std::string, std::string>> list_switches() {
  return {{"device.threads", std::to_string(at::get_num_threads())},
          {"device.interop_threads", std::to_string(at::get_num_interop_threads())},
          {"device.cudnn_benchmark", at::globalContext().benchmarkCuDNN() ? "true" : "false"}};
}

}  // namespace assay::device
