#pragma once

#include <functional>

namespace assay::device {

/// Runs `work`; returns whether its memory sufficed. When it ran out, on the host or on an accelerator, whatever `work`
/// held is released, the accelerator's unused memory is given back, and the caller must undo what `work` had half done
/// (gradients, counters). All other errors are passed on.
bool ran_within_memory(const std::function<void()>& work);

}  // namespace assay::device
