#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>

namespace assay::device {

/// Measures the memory that LibTorch holds on one device, in all threads. Units: bytes. On the host, where the process
/// is bound (resident_memory.h), what it has grown by beside its tensors counts, too, as release_unused() last saw it.
class MemoryMeter {
 public:
  virtual ~MemoryMeter() = default;

  virtual std::int64_t current_bytes() const = 0;

  /// Returns the most that was held at one time since the last reset_peak().
  virtual std::int64_t peak_bytes() const = 0;

  /// Gives back what the allocator keeps without using it.
  virtual void release_unused() = 0;

  /// Begins a new peak; what the allocator keeps without using it is given back first.
  virtual void reset_peak() = 0;

  /// Counts how often an allocation succeeded only after the allocator had given back what it kept: a sign that memory
  /// is about to run out.
  virtual std::int64_t num_retries() const = 0;
};

/// Makes the meter of a device: of the metering allocator on the CPU, of the caching allocator on CUDA, XPU and devices
/// that plug into LibTorch, of the driver on MPS. Errors: Error(kConfig) for a device whose allocator tells nothing.
std::unique_ptr<MemoryMeter> make_memory_meter(c10::Device device);

}  // namespace assay::device
