#pragma once

#include <string>
#include <utility>
#include <vector>

#include "device/host.h"
#include "device/options.h"

namespace assay::device {

/// Sets LibTorch's process-wide options: threads, at most one per usable core; cuDNN's search. Returns those that could
/// not be set as asked.
std::vector<std::string> set_switches(const DeviceOptions& options, const Host& host);

/// Lists the current switches by the keys under which they are logged: ("device.threads", "2").
std::vector<std::pair<std::string, std::string>> list_switches();

}  // namespace assay::device
