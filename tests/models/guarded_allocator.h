#pragma once

#include <c10/core/CPUAllocator.h>
#include <c10/core/impl/alloc_cpu.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <map>
#include <mutex>

namespace assay::models {

/// LibTorch's host memory allocator while it lives, with a guard of known bytes behind each allocation: counts those
/// that a kernel, be it LibTorch's own, wrote beyond.
class GuardedAllocator final : public c10::Allocator {
 public:
  GuardedAllocator() : before_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, /*priority=*/200); }
  ~GuardedAllocator() override { c10::SetCPUAllocator(before_, /*priority=*/200); }
  GuardedAllocator(const GuardedAllocator&) = delete;
  GuardedAllocator& operator=(const GuardedAllocator&) = delete;

  c10::DataPtr allocate(std::size_t size) override {
    auto* memory = static_cast<char*>(c10::alloc_cpu(size + guard_of(size)));
    std::memset(memory + size, kByte, guard_of(size));
    const std::lock_guard lock(mutex_);
    sizes_[memory] = size;
    return {memory, memory, &GuardedAllocator::release, at::Device(at::kCPU)};
  }

  c10::DeleterFnPtr raw_deleter() const override { return &GuardedAllocator::release; }

  void copy_data(void* to, const void* from, std::size_t size) const override { default_copy_data(to, from, size); }

  /// How many allocations were overrun, of those that have been freed so far.
  static std::int64_t num_overrun() { return num_overrun_; }

 private:
  static constexpr char kByte = 0x5a;

  static std::size_t guard_of(std::size_t size) { return 4096 + std::min<std::size_t>(size, 1 << 20); }

  static void release(void* memory) {
    const std::lock_guard lock(mutex_);
    const auto size = sizes_.extract(memory).mapped();
    const auto* guard = static_cast<const char*>(memory) + size;
    if (std::any_of(guard, guard + guard_of(size), [](char byte) { return byte != kByte; })) ++num_overrun_;
    c10::free_cpu(memory);
  }

  static inline std::mutex mutex_;
  static inline std::map<void*, std::size_t> sizes_;
  static inline std::int64_t num_overrun_ = 0;
  c10::Allocator* before_;
};

}  // namespace assay::models
