#pragma once

#include <cstdint>
#include <string>

namespace assay::device {

/// Loads LibTorch's CUDA half when it is installed, so that one binary serves machines with and without a GPU.
/// Must run before anything asks LibTorch about CUDA: it remembers the first answer.
/// Returns "" on success, or the reason why it cannot be used.
std::string load_cuda_library();

struct CudaMemory {
  std::int64_t free_bytes = 0;
  std::int64_t total_bytes = 0;
};

/// Asks the driver for the memory of device `index`. Units: bytes. Zeros when the CUDA runtime is not loaded.
CudaMemory cuda_memory(int index);

/// Returns the product name of device `index`, or "CUDA device".
std::string cuda_name(int index);

}  // namespace assay::device
