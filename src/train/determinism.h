#pragma once

#include <c10/core/Device.h>

#include <functional>

namespace assay::train {

/// Runs `work` so that it gives the same bits each time on the same machine with the same number of threads. Without
/// `deterministic`, LibTorch chooses freely.
/// Errors: Error(kConfig) for an operation without a deterministic form on the device; whatever `work` throws.
void run_deterministically(bool deterministic, c10::Device device, const std::function<void()>& work);

}  // namespace assay::train
