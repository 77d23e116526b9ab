#pragma once

#include "device/discovery.h"

namespace assay::device {

/// Fills in total, free and budgeted memory of a device, and who bounds them; what the process keeps unused is given
/// back first. Where the memory cannot be found out, a small one is assumed and noted.
void set_memory_budget(const DeviceOptions& options, ChosenDevice& chosen);

/// Has memory beyond the budget refused: by the metering allocator on the CPU, by LibTorch's allocators elsewhere. On
/// CUDA this must come before the device is used for the first time.
void enforce_memory_budget(const DeviceOptions& options, ChosenDevice& chosen);

}  // namespace assay::device
