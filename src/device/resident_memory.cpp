#include "device/resident_memory.h"

#include <c10/util/Exception.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdio>
#include <mutex>

namespace assay::device {
namespace {

std::atomic<std::int64_t> limit{0};
std::atomic<std::int64_t> claimed{0};   // since the last query
std::atomic<std::int64_t> unlooked{0};  // may still be claimed before the next query
std::atomic<std::int64_t> at_start{0};  // private memory when the bound was set
std::mutex looking;

// Stores the result of a query. Half of the remaining memory is reserved for growth that no allocator reports.
void look_again_after(std::int64_t left) {
  claimed = 0;
  unlooked = std::max<std::int64_t>(0, left / 2);
}

}  // namespace

ProcessMemory inspect_process_memory() {
  static const int file = ::open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
  static const std::int64_t page = ::sysconf(_SC_PAGESIZE);
  std::array<char, 128> text{};
  if (file < 0 || ::pread(file, text.data(), text.size() - 1, 0) <= 0) return {};
  long long mapped = 0, resident = 0, shared = 0;
  if (std::sscanf(text.data(), "%lld %lld %lld", &mapped, &resident, &shared) != 3) return {};
  return {mapped * page, (resident - shared) * page};
}

void set_resident_memory_budget(std::int64_t growth_bytes) {
  const std::lock_guard lock(looking);
  ::malloc_trim(0);
  at_start = inspect_process_memory().private_bytes;
  limit = growth_bytes > 0 ? at_start + growth_bytes : 0;
  look_again_after(growth_bytes);
}

void claim_resident_memory(std::int64_t num_bytes) {
  if (limit.load(std::memory_order_relaxed) == 0) return;
  if (claimed.fetch_add(num_bytes, std::memory_order_relaxed) + num_bytes <= unlooked.load(std::memory_order_relaxed))
    return;
  const std::lock_guard lock(looking);
  auto left = limit - inspect_process_memory().private_bytes - num_bytes;
  if (left < 0) {
    ::malloc_trim(0);
    left = limit - inspect_process_memory().private_bytes - num_bytes;
  }
  look_again_after(left);
  TORCH_CHECK_WITH(
      OutOfMemoryError, left >= 0,
      fmt::format("out of memory: {:.1f} MB more than the {:.1f} MB that the process holds would exceed its "
                  "budget of {:.1f} MB (device.memory_budget, device.host_memory_fraction)",
                  static_cast<double>(num_bytes) / 1e6, static_cast<double>(limit - left - num_bytes) / 1e6,
                  static_cast<double>(limit) / 1e6));
}

std::int64_t learn_unmetered_bytes(std::int64_t metered_bytes) {
  if (limit == 0) return 0;
  const std::lock_guard lock(looking);
  ::malloc_trim(0);
  return std::max<std::int64_t>(0, inspect_process_memory().private_bytes - at_start - metered_bytes);
}

}  // namespace assay::device
