#include "device/metering_allocator.h"

#include <c10/core/CPUAllocator.h>
#include <fmt/format.h>
#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <mutex>

#include "device/resident_memory.h"

namespace assay::device {
namespace {

std::atomic<std::int64_t> current{0};
std::atomic<std::int64_t> peak{0};
std::atomic<std::int64_t> budget{0};
std::atomic<std::int64_t> unmetered{0};
c10::Allocator* original = nullptr;

// Mark in the last bytes of each counted block. Pointers are those of the original allocator, so that blocks allocated
// before the meter was installed, which have no mark, can be released through it.
struct Mark {
  std::uint64_t signature;
  std::int64_t num_bytes;
};

std::uint64_t signature_of(const void* block) { return reinterpret_cast<std::uintptr_t>(block) ^ 0x6d657465726564ULL; }

char* place_of_mark(void* block) { return static_cast<char*>(block) + ::malloc_usable_size(block) - sizeof(Mark); }

void raise_peak(std::int64_t held) {
  auto highest = peak.load(std::memory_order_relaxed);
  while (held > highest && !peak.compare_exchange_weak(highest, held, std::memory_order_relaxed)) {
  }
}

void claim(std::int64_t num_bytes) {
  const auto held = current.fetch_add(num_bytes, std::memory_order_relaxed) + num_bytes;
  const auto limit = budget.load(std::memory_order_relaxed);
  if (limit > 0 && held > limit) {
    current.fetch_sub(num_bytes, std::memory_order_relaxed);
    TORCH_CHECK_WITH(OutOfMemoryError, false,
                     fmt::format("out of memory: {:.1f} MB more than the {:.1f} MB in use would exceed the budget of "
                                 "{:.1f} MB for tensors on the CPU (device.memory_budget, device.host_memory_fraction)",
                                 static_cast<double>(num_bytes) / 1e6, static_cast<double>(held - num_bytes) / 1e6,
                                 static_cast<double>(limit) / 1e6));
  }
  try {
    claim_resident_memory(num_bytes);
  } catch (...) {
    current.fetch_sub(num_bytes, std::memory_order_relaxed);
    throw;
  }
  raise_peak(held);
}

void release(void* block) {
  if (block == nullptr) return;
  if (::malloc_usable_size(block) >= sizeof(Mark)) {
    Mark mark{};
    std::memcpy(&mark, place_of_mark(block), sizeof(mark));
    if (mark.signature == signature_of(block)) {
      current.fetch_sub(mark.num_bytes, std::memory_order_relaxed);
      std::memset(place_of_mark(block), 0, sizeof(mark));
    }
  }
  original->raw_deleter()(block);
}

class MeteringAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(std::size_t num_bytes) override {
    if (num_bytes == 0) return {nullptr, nullptr, &release, c10::Device(c10::kCPU)};
    const auto counted = static_cast<std::int64_t>(num_bytes);
    claim(counted);
    void* block = nullptr;
    try {
      block = original->raw_allocate(num_bytes + sizeof(Mark));
    } catch (...) {
      current.fetch_sub(counted, std::memory_order_relaxed);
      throw;
    }
    const Mark mark{signature_of(block), counted};
    std::memcpy(place_of_mark(block), &mark, sizeof(mark));
    return {block, block, &release, c10::Device(c10::kCPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &release; }

  void copy_data(void* destination, const void* source, std::size_t num_bytes) const override {
    default_copy_data(destination, source, num_bytes);
  }
};

class HostMeter final : public MemoryMeter {
 public:
  std::int64_t current_bytes() const override { return current; }
  std::int64_t peak_bytes() const override { return peak + unmetered; }
  void release_unused() override { unmetered = learn_unmetered_bytes(current); }
  void reset_peak() override {
    release_unused();
    peak = current.load();
  }
  std::int64_t num_retries() const override { return 0; }  // nothing is cached that could be released
};

}  // namespace

void install_metering_allocator() {
  static std::once_flag installed;
  std::call_once(installed, [] {
    static MeteringAllocator allocator;
    original = c10::GetCPUAllocator();
    c10::SetCPUAllocator(&allocator, /*priority=*/255);
  });
}

void set_host_memory_budget(std::int64_t budget_bytes) { budget = budget_bytes; }

std::int64_t host_memory_budget() { return budget; }

std::unique_ptr<MemoryMeter> make_host_memory_meter() {
  install_metering_allocator();
  return std::make_unique<HostMeter>();
}

}  // namespace assay::device
