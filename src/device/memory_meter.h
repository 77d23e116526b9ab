#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <memory>

namespace assay::device {

/// Measures the memory that LibTorch holds on one device, in all threads. Units: bytes. On a host with a bound process
/// (resident_memory.h), the process's growth besides its tensors counts too, as of the last release_unused().
class MemoryMeter {
 public:
  virtual ~MemoryMeter() = default;

  virtual std::int64_t current_bytes() const = 0;

  /// Returns the peak since the last reset_peak().
  virtual std::int64_t peak_bytes() const = 0;

  /// Releases memory that the allocator holds unused.
  virtual void release_unused() = 0;

  /// Starts a new peak after releasing memory that the allocator holds unused.
  virtual void reset_peak() = 0;

  /// Returns how often an allocation succeeded only after the allocator had released cached memory: a sign that memory
  /// is about to run out.
  virtual std::int64_t num_retries() const = 0;
};

/// Makes the meter of a device: of the metering allocator on the CPU, of the caching allocator on CUDA, XPU and plug-in
/// devices, of the driver on MPS. Errors: Error(kConfig) if the device's allocator reports nothing.
std::unique_ptr<MemoryMeter> make_memory_meter(c10::Device device);

}  // namespace assay::device
