#pragma once

#include <c10/util/Exception.h>

#include <functional>
#include <string>

#include "device/launch_graph.h"

namespace assay::device {

/// Behaves like an accelerator's recorder on any machine: warms up, stores the work, performs it again.
class SimulatedLaunchGraph final : public LaunchGraph {
 public:
  void record(const std::function<void()>& work) override {
    ++num_recorded;
    work_ = nullptr;
    TORCH_CHECK_WITH(OutOfMemoryError, num_recorded > num_out_of_memory, "no memory for the graph");
    for (int i = 0; i < 3; ++i) work();
    TORCH_CHECK(refusal.empty(), refusal);
    work_ = work;
  }
  void replay() override {
    ++num_replayed;
    work_();
  }

  int num_out_of_memory = 0;  ///< number of first calls of record() that fail
  std::string refusal;        ///< of every call of record()
  int num_recorded = 0;
  int num_replayed = 0;

 private:
  std::function<void()> work_;
};

}  // namespace assay::device
