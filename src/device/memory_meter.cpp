#include "device/memory_meter.h"

#include <ATen/detail/MPSHooksInterface.h>
#include <c10/core/CachingDeviceAllocator.h>
#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "device/metering_allocator.h"

namespace assay::device {
namespace {

// Counts the memory reserved by the caching allocator, more than tensors use: the driver counts it and a budget bounds
// it.
class CachingMeter final : public MemoryMeter {
 public:
  CachingMeter(c10::DeviceAllocator& allocator, c10::DeviceIndex index) : allocator_(allocator), index_(index) {}

  std::int64_t current_bytes() const override { return reserved().current; }
  std::int64_t peak_bytes() const override { return reserved().peak; }

  void release_unused() override { allocator_.emptyCache(); }

  void reset_peak() override {
    release_unused();
    allocator_.resetPeakStats(index_);
  }

  std::int64_t num_retries() const override { return allocator_.getDeviceStats(index_).num_alloc_retries; }

 private:
  c10::CachingAllocator::Stat reserved() const {
    const auto aggregate = static_cast<std::size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    return allocator_.getDeviceStats(index_).reserved_bytes.at(aggregate);
  }

  c10::DeviceAllocator& allocator_;
  c10::DeviceIndex index_;
};

// MPS records no peak, but its driver memory only grows until the cache is emptied.
class MpsMeter final : public MemoryMeter {
 public:
  std::int64_t current_bytes() const override { return static_cast<std::int64_t>(hooks_.getCurrentAllocatedMemory()); }
  std::int64_t peak_bytes() const override { return static_cast<std::int64_t>(hooks_.getDriverAllocatedMemory()); }
  void release_unused() override {}  // it is the peak
  void reset_peak() override { hooks_.emptyCache(); }
  std::int64_t num_retries() const override { return 0; }

 private:
  const at::MPSHooksInterface& hooks_ = at::detail::getMPSHooks();
};

}  // namespace

std::unique_ptr<MemoryMeter> make_memory_meter(c10::Device device) {
  if (device.is_cpu()) return make_host_memory_meter();
  if (device.is_mps()) return std::make_unique<MpsMeter>();
  auto* allocator = dynamic_cast<c10::DeviceAllocator*>(c10::GetAllocator(device.type()));
  if (allocator == nullptr) {
    throw Error(ErrorKind::kConfig, fmt::format("the memory of device {} cannot be measured", device.str()), "",
                "give train.batch.micro, or use device.name=cpu");
  }
  return std::make_unique<CachingMeter>(*allocator, std::max<c10::DeviceIndex>(device.index(), 0));
}

}  // namespace assay::device
