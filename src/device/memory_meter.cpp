#include "device/memory_meter.h"

#include <c10/core/Allocator.h>
#include <c10/util/ThreadLocalDebugInfo.h>

#include <algorithm>
#include <memory>
#include <mutex>

namespace assay::device {
namespace {

// Receives every allocation (positive) and release (negative) of LibTorch's allocators; backward threads inherit it.
class Meter final : public c10::MemoryReportingInfoBase {
 public:
  void reportMemoryUsage(void*, std::int64_t num_bytes, std::size_t, std::size_t, c10::Device) override {
    const std::lock_guard lock(mutex_);
    current_ += num_bytes;
    peak_ = std::max(peak_, current_);
  }

  bool memoryProfilingEnabled() const override { return true; }

  std::int64_t peak() const { return peak_; }

 private:
  std::mutex mutex_;
  std::int64_t current_ = 0;
  std::int64_t peak_ = 0;
};

}  // namespace

std::int64_t measure_peak_bytes(const std::function<void()>& work) {
  const auto meter = std::make_shared<Meter>();
  const c10::DebugInfoGuard guard(c10::DebugInfoKind::PROFILER_STATE, meter);
  work();
  return meter->peak();
}

}  // namespace assay::device
