#pragma once

#include <vector>

#include "device/launch_graph.h"
#include "train/pass.h"

namespace assay::train {

/// Performs passes of one size as a graph of kernels, recorded once. The optimizer's few kernels stay outside: its rate
/// changes with each step, and a loss that is no number must be seen before the weights are touched. What cannot be
/// recorded is left to the caller: passes of another size, and mixed images, whose share is a number of the processor.
class RecordedPass {
 public:
  /// `pass` and the parameters are those that train; the pass and the graph are borrowed.
  RecordedPass(Pass& pass, std::vector<at::Tensor> parameters, device::LaunchGraph& graph);

  /// Begins a step whose passes are mostly like `first`: gives the parameters zeroed gradients that stay where they
  /// are, and records the pass if none of its size is recorded. Tells whether it did; BatchNorm's statistics, the sums
  /// of the pass and the generator have changed then. When recording fails, says why, once, and leaves all passes to
  /// the caller. Errors: c10::OutOfMemoryError.
  bool start_step(const PassInput& first);

  /// Performs a pass; tells whether it could. The gradients are added to.
  bool run(const PassInput& input);

 private:
  bool suits(const PassInput& input) const;
  void record(const PassInput& first);
  void zero_gradients();

  Pass& pass_;
  std::vector<at::Tensor> parameters_, gradients_;
  device::LaunchGraph* graph_;  // null once recording has failed
  PassInput input_;             // of which the graph's kernels read; undefined: none recorded
};

}  // namespace assay::train
