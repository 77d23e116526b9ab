#pragma once

#include <cstdint>
#include <functional>

namespace assay::device {

/// Runs `work` and returns the most memory that its tensors held at one time on top of what was held before, on any
/// device whose allocator reports to LibTorch (CPU and CUDA do). Units: bytes. Whatever `work` throws is passed on.
std::int64_t measure_peak_bytes(const std::function<void()>& work);

}  // namespace assay::device
