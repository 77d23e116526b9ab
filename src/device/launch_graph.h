#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace assay::device {

/// Records the kernels that some work launches on an accelerator, and launches all of them again at once, which a
/// network of many small kernels gains from: the processor's time for each of them is spared.
class LaunchGraph {
 public:
  virtual ~LaunchGraph() = default;

  /// Performs `work` a few times and records it once; what was recorded before is let go. Each later replay() reads
  /// and writes the same memory, so `work` must work on tensors that stay, and may neither wait for the device nor
  /// look at a number there.
  /// Errors: whatever `work` throws, and c10::Error for what cannot be recorded; then nothing is recorded.
  virtual void record(const std::function<void()>& work) = 0;

  /// Performs the recorded work; random numbers are those of the generator's present seed.
  virtual void replay() = 0;
};

/// Makes the recorder of a device. Errors: Error(kConfig) saying why the device has none.
std::unique_ptr<LaunchGraph> make_launch_graph(c10::Device device);

}  // namespace assay::device
