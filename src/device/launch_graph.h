#pragma once

#include <c10/core/Device.h>

#include <functional>
#include <memory>

namespace assay::device {

/// Records the kernels that some work launches on an accelerator, and launches them all again at once. This speeds up
/// networks with many small kernels, since it saves the processor's time for each launch.
class LaunchGraph {
 public:
  virtual ~LaunchGraph() = default;

  /// Performs `work` a few times and records it once, replacing an earlier recording. Each later replay() reads and
  /// writes the same memory, so `work` must use tensors that stay alive, and must neither wait for the device nor read
  /// a number from it.
  /// Errors: whatever `work` throws, and c10::Error if it cannot be recorded; then nothing is recorded.
  virtual void record(const std::function<void()>& work) = 0;

  /// Performs the recorded work; random numbers follow the generator's current seed.
  virtual void replay() = 0;
};

/// Makes the recorder of a device. Errors: Error(kConfig) with the reason if the device has none.
std::unique_ptr<LaunchGraph> make_launch_graph(c10::Device device);

}  // namespace assay::device
