#pragma once

#include <cstdint>
#include <string>

namespace assay::device {

/// Loads LibTorch's CUDA half if it is installed, so that one binary serves machines with and without a GPU. Call it
/// before any query about CUDA, since LibTorch remembers its first answer.
/// Returns "" on success, or the reason why it cannot be used.
std::string load_cuda_library();

struct CudaMemory {
  std::int64_t free_bytes = 0;
  std::int64_t total_bytes = 0;
};

/// Queries the driver for the memory of device `index`. Units: bytes. Zeros if the CUDA runtime is not loaded.
CudaMemory cuda_memory(int index);

/// Returns the product name of device `index`, or "CUDA device".
std::string cuda_name(int index);

}  // namespace assay::device
