#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <string>
#include <vector>

#include "device/host.h"
#include "device/options.h"

namespace assay::device {

/// Is the device that a run uses, and how it was chosen.
struct ChosenDevice {
  c10::Device device = c10::kCPU;
  std::string description;  ///< "NVIDIA H200" or the processor's name
  std::int64_t memory_total_bytes = 0;
  std::int64_t memory_free_bytes = 0;
  std::int64_t budget_bytes = 0;      ///< what the run may use
  std::string bounded_by;             ///< whose limit the budget comes from: "user", or whose the free memory is
  std::string enforced_by;            ///< what refuses memory beyond the budget; empty: nothing
  std::vector<std::string> refusals;  ///< "cuda: no driver ..." for each device tried before it
  std::vector<std::string> notes;     ///< what could not be found out, and what was assumed instead
};

/// Finds the device to use by running a small kernel on each candidate: CUDA, MPS, any other accelerator that LibTorch
/// knows, the CPU; or the one named. Sets its memory budget, and has it enforced where asked; sets LibTorch's switches.
/// Errors: Error(kConfig) when the named device cannot be used, with the reason, or the budget is no size.
ChosenDevice choose_device(const DeviceOptions& options, const Host& host);

/// Returns the tier of a device.
const Tier& tier_of(const ChosenDevice& device, const Tiers& tiers);

/// Returns how many threads prepare batches where that is left to the device: what its tier says, but no more than
/// leave one of several cores free.
std::int64_t num_workers_of(const Tier& tier, const Host& host);

}  // namespace assay::device
