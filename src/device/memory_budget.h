#pragma once

#include "device/discovery.h"

namespace assay::device {

/// Sets total, free and budgeted memory of a device, and what bounds them; memory that the process holds unused is
/// released first. If the memory is unknown, a small amount is assumed and noted.
void set_memory_budget(const DeviceOptions& options, ChosenDevice& chosen);

/// Enforces the budget: by the metering allocator on the CPU, by LibTorch's allocators elsewhere. On CUDA this must
/// happen before the device is first used.
void enforce_memory_budget(const DeviceOptions& options, ChosenDevice& chosen);

}  // namespace assay::device
