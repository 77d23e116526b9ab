#pragma once

#include <vector>

#include "device/launch_graph.h"
#include "train/pass.h"

namespace assay::train {

/// Performs passes of one size as a CUDA graph, recorded once. The optimizer's few kernels stay outside: its rate
/// changes with each step, and NaN or infinity in the loss must be detected before the weights change. The caller
/// handles passes that cannot be recorded: those of another size, and mixed images, whose share is a number on the
/// host.
class RecordedPass {
 public:
  /// `pass` and the parameters, all of which need a gradient, are those of the training; the pass and the graph are
  /// borrowed.
  RecordedPass(Pass& pass, std::vector<at::Tensor> parameters, device::LaunchGraph& graph);

  /// Starts a step whose passes are mostly like `first`: gives the parameters zeroed gradients at fixed addresses, and
  /// records the pass if none of its size is recorded. Returns whether it recorded; BatchNorm's statistics, the sums of
  /// the pass and the generator have then changed. If recording fails, prints the reason once and leaves all passes to
  /// the caller. Errors: c10::OutOfMemoryError.
  bool start_step(const PassInput& first);

  /// Performs a pass and returns whether it could. The gradients are accumulated.
  bool run(const PassInput& input);

 private:
  bool suits(const PassInput& input) const;
  void record(const PassInput& first);
  void zero_gradients();

  Pass& pass_;
  std::vector<at::Tensor> parameters_, gradients_;
  device::LaunchGraph* graph_;  // null once recording has failed
  PassInput input_;             // read by the graph's kernels; undefined: none recorded
};

}  // namespace assay::train
