#pragma once

#include <cstdint>
#include <memory>

#include "device/memory_meter.h"

namespace assay::device {

/// Wraps LibTorch's host memory allocator with a meter, once per process. From then on the memory of tensors on the CPU
/// is counted and the budget below enforced. Earlier allocations never count.
void install_metering_allocator();

/// Bounds the memory of the metering allocator: an allocation beyond it throws c10::OutOfMemoryError, as on an
/// accelerator. 0 removes the bound. Units: bytes.
void set_host_memory_budget(std::int64_t budget_bytes);

std::int64_t host_memory_budget();

/// Makes a meter of the metering allocator; all meters share one peak.
std::unique_ptr<MemoryMeter> make_host_memory_meter();

}  // namespace assay::device
