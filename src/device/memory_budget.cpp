#include "device/memory_budget.h"

#include <ATen/detail/MPSHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <fmt/format.h>
#include <malloc.h>
#include <sys/prctl.h>

#include <algorithm>

#include "core/error.h"
#include "device/cuda.h"
#include "device/memory_size.h"
#include "device/metering_allocator.h"
#include "device/resident_memory.h"

namespace assay::device {
namespace {

constexpr std::int64_t kHugePagesFrom = 4'000'000'000;
constexpr std::int64_t kKeepsPagesFrom = 512'000'000;
constexpr std::int64_t kAssumedMemory = 2'000'000'000;  // of an accelerator that does not report it

struct Memory {
  std::int64_t total_bytes = 0;
  std::int64_t free_bytes = 0;
  std::string bounded_by = "the device";
};

// On Apple machines the accelerator shares the host's memory, up to Metal's recommendation.
Memory mps_memory() {
  const auto& hooks = at::detail::getMPSHooks();
  const auto recommended = static_cast<std::int64_t>(hooks.getRecommendedMaxMemory());
  const auto used = static_cast<std::int64_t>(hooks.getDriverAllocatedMemory());
  return {recommended, std::max<std::int64_t>(0, recommended - used), "Metal's recommended working set"};
}

Memory host_memory() {
  ::malloc_trim(0);
  const auto host = inspect_host_memory();
  return {host.total_bytes, host.available_bytes, host.bounded_by};
}

Memory accelerator_memory(c10::Device device) {
  auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(device.type()));
  if (allocator == nullptr) return {};
  try {
    const auto [num_free, num_total] = allocator->getMemoryInfo(std::max<c10::DeviceIndex>(device.index(), 0));
    return {static_cast<std::int64_t>(num_total), static_cast<std::int64_t>(num_free)};
  } catch (const c10::Error&) {
    return {};
  }
}

Memory memory_of(c10::Device device) {
  if (device.is_cpu()) return host_memory();
  if (device.is_mps()) return mps_memory();
  if (!device.is_cuda()) return accelerator_memory(device);
  const auto memory = cuda_memory(device.has_index() ? device.index() : 0);
  return {memory.total_bytes, memory.free_bytes};
}

// Freed pages are kept, and huge pages used, for speed (front/freed_memory.h). A partly freed huge page counts whole
// until the system runs out of memory; twice the budget was observed. So scarce memory is returned as soon as it is
// freed.
void keep_fewer_pages(std::int64_t budget_bytes) {
  if (budget_bytes < kHugePagesFrom) ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  if (budget_bytes >= kKeepsPagesFrom) return;
  ::mallopt(M_MMAP_THRESHOLD, 1 << 20);
  ::mallopt(M_TRIM_THRESHOLD, 1 << 20);
  ::mallopt(M_TOP_PAD, 0);
  ::mallopt(M_ARENA_MAX, 2);  // each further one takes 64 MB of address space, which may be scarce
}

// Returns "" or why memory is not bounded.
std::string try_to_limit_cuda_memory(c10::Device device, double fraction) {
  try {
    limit_cuda_memory(device.has_index() ? device.index() : 0, fraction);
    return "";
  } catch (const Error& error) {
    return error.what();
  } catch (const c10::Error& error) {
    return error.what_without_backtrace();
  }
}

}  // namespace

void set_memory_budget(const DeviceOptions& options, ChosenDevice& chosen) {
  auto memory = memory_of(chosen.device);
  if (memory.total_bytes <= 0) {
    memory = {kAssumedMemory, kAssumedMemory, "an assumption"};
    chosen.notes.push_back(fmt::format("{} does not report its memory: assuming {}; set device.memory_budget",
                                       chosen.device.str(), format_memory_size(kAssumedMemory)));
  }
  const auto fraction = chosen.device.is_cpu() ? options.host_memory_fraction : options.accelerator_memory_fraction;
  chosen.memory_total_bytes = memory.total_bytes;
  chosen.memory_free_bytes = memory.free_bytes;
  chosen.bounded_by = memory.bounded_by;
  chosen.budget_bytes = static_cast<std::int64_t>(static_cast<double>(memory.free_bytes) * fraction);
  if (options.memory_budget != "auto") {
    const auto asked = parse_memory_size(options.memory_budget, "device.memory_budget");
    if (asked > memory.free_bytes) {
      chosen.notes.push_back(fmt::format("device.memory_budget = \"{}\" exceeds the free memory of {}",
                                         options.memory_budget, format_memory_size(memory.free_bytes)));
    } else {
      chosen.bounded_by = "user";
    }
    chosen.budget_bytes = std::min(asked, memory.free_bytes);
  }
}

void enforce_memory_budget(const DeviceOptions& options, ChosenDevice& chosen) {
  if (chosen.device.is_cpu()) {
    install_metering_allocator();
    const auto bound = options.enforce_budget ? chosen.budget_bytes : 0;
    if (bound > 0) keep_fewer_pages(bound);
    set_host_memory_budget(bound);
    set_resident_memory_budget(bound);
    if (options.enforce_budget) chosen.enforced_by = "the metering allocator";
    return;
  }
  set_host_memory_budget(0);
  set_resident_memory_budget(0);
  if (!options.enforce_budget) return;
  const auto fraction = static_cast<double>(chosen.budget_bytes) / static_cast<double>(chosen.memory_total_bytes);
  if (chosen.device.is_mps()) {
    at::detail::getMPSHooks().setMemoryFraction(fraction);
    chosen.enforced_by = "LibTorch's MPS allocator";
  } else if (chosen.device.is_cuda()) {
    const auto problem = try_to_limit_cuda_memory(chosen.device, fraction);
    if (problem.empty()) {
      chosen.enforced_by = "LibTorch's CUDA allocator";
    } else {
      chosen.notes.push_back(fmt::format("the memory budget is not enforced: {}", problem));
    }
  } else {
    chosen.notes.emplace_back("the memory budget is not enforced on this kind of device");
  }
}

}  // namespace assay::device
