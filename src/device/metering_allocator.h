#pragma once

#include <cstdint>
#include <memory>

#include "device/memory_meter.h"

namespace assay::device {

/// Puts a meter in front of LibTorch's allocator of host memory, once a process. From then on the memory of tensors on
/// the CPU counts, and the budget below is kept. Memory that was allocated before never counts.
void install_metering_allocator();

/// Bounds what the metering allocator hands out: an allocation beyond it throws c10::OutOfMemoryError, as on an
/// accelerator. 0 lifts the bound. Units: bytes.
void set_host_memory_budget(std::int64_t budget_bytes);

std::int64_t host_memory_budget();

/// Makes a meter of the metering allocator; all of them share one peak.
std::unique_ptr<MemoryMeter> make_host_memory_meter();

}  // namespace assay::device
