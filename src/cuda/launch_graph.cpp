// The recorder of CUDA's graphs: a library of its own, since its classes live in LibTorch's CUDA half, which is there
// only on machines with a GPU.
// The order of steps follows the notes on CUDA graphs in PyTorch's documentation: warm up on another stream, so that
// libraries allocate what they keep; then capture there, into a memory pool that belongs to the graph.

#include "device/launch_graph.h"

#include <ATen/cuda/CUDAGraph.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAGuard.h>

#include <optional>

namespace assay::device {
namespace {

constexpr int kWarmUps = 3;

class CudaLaunchGraph final : public LaunchGraph {
 public:
  explicit CudaLaunchGraph(int index) : index_(static_cast<c10::DeviceIndex>(index)) {}

  void record(const std::function<void()>& work) override {
    graph_.reset();
    const c10::cuda::CUDAGuard on_device(index_);
    c10::cuda::device_synchronize();
    {
      const auto stream = c10::cuda::getStreamFromPool(/*isHighPriority=*/false, index_);
      const c10::cuda::CUDAStreamGuard on_stream(stream);
      for (int i = 0; i < kWarmUps; ++i) work();
      stream.synchronize();
      c10::cuda::CUDACachingAllocator::emptyCache();
      capture(work);
    }
    c10::cuda::device_synchronize();
  }

  void replay() override { graph_->replay(); }

 private:
  // The loader's threads may allocate meanwhile, which only the mode of one thread allows.
  void capture(const std::function<void()>& work) {
    graph_.emplace();
    graph_->capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    try {
      work();
    } catch (...) {
      try {
        graph_->capture_end();
      } catch (const c10::Error&) {  // the first mistake is the one to tell
      }
      graph_.reset();
      throw;
    }
    graph_->capture_end();
  }

  c10::DeviceIndex index_;
  std::optional<at::cuda::CUDAGraph> graph_;
};

}  // namespace
}  // namespace assay::device

/// Makes the recorder of CUDA device `index`; the caller owns it.
extern "C" assay::device::LaunchGraph* assay_make_cuda_launch_graph(int index) {
  return new assay::device::CudaLaunchGraph(index);
}
