#include "device/switches.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <fmt/format.h>

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

}  // namespace

std::vector<std::string> set_switches(const DeviceOptions& options, const Host& host) {
  std::vector<std::string> problems;
  at::set_num_threads(static_cast<int>(options.threads.value_or(host.num_cores)));
  if (options.interop_threads) {
    const auto problem = set_interop_threads(static_cast<int>(*options.interop_threads));
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
