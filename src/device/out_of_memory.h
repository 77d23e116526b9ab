#pragma once

#include <functional>

namespace assay::device {

/// Runs `work`; returns whether memory sufficed. If memory ran out, on the host or on an accelerator, everything held
/// by `work` and the accelerator's unused memory are released, and the caller must undo partial results of `work`
/// (gradients, counters). All other errors pass through.
bool ran_within_memory(const std::function<void()>& work);

}  // namespace assay::device
