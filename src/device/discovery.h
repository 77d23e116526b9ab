#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <vector>

#include "device/host.h"
#include "device/options.h"

namespace assay::device {

/// The device that a run uses, and how it was chosen.
struct ChosenDevice {
  c10::Device device = c10::kCPU;
  std::string description;  ///< "NVIDIA H200" or the processor's name
  std::int64_t memory_total_bytes = 0;
  std::int64_t memory_free_bytes = 0;
  std::int64_t budget_bytes = 0;      ///< memory that the run may use
  std::string bounded_by;             ///< origin of the budget: "user", or what limits the free memory
  std::string enforced_by;            ///< what refuses memory beyond the budget; empty: nothing
  std::vector<std::string> refusals;  ///< "cuda: no driver ..." for each device tried before it
  std::vector<std::string> notes;     ///< unknown values and the assumptions made instead
};

/// Finds the device to use by running a small kernel on each candidate: CUDA, MPS, any other accelerator that LibTorch
/// knows, the CPU; or on the named one. Sets its memory budget, enforces it if requested, and sets LibTorch's switches.
/// Errors: Error(kConfig) with the reason if the named device cannot be used, or if the budget is not a size.
ChosenDevice choose_device(const DeviceOptions& options, const Host& host);

/// Returns the tier of a device.
const Tier& tier_of(const ChosenDevice& device, const Tiers& tiers);

/// Returns the number of workers for an automatic setting: that of the device's tier, but always leaving one of several
/// cores free.
std::int64_t num_workers_of(const Tier& tier, const Host& host);

}  // namespace assay::device
