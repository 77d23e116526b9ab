#pragma once

#include <cstdint>
#include <string>

namespace assay::device {

/// Loads LibTorch's CUDA half if it is installed, so that one binary serves machines with and without a GPU. Call it
/// before any query about CUDA, since LibTorch remembers its first answer.
/// Returns "" on success, or the reason why it cannot be used.
std::string load_cuda_library();

/// Finds a function of the library made from src/cuda, which needs LibTorch's CUDA half.
/// Errors: Error(kConfig) if it cannot be loaded or is of another build.
void* find_in_cuda_part(const char* name);

/// Bounds the memory that LibTorch may hold on device `index` to a share of all of it; c10::OutOfMemoryError is thrown
/// beyond. Errors: as find_in_cuda_part(); c10::Error.
void limit_cuda_memory(int index, double fraction);

struct CudaMemory {
  std::int64_t free_bytes = 0;
  std::int64_t total_bytes = 0;
};

/// Queries the driver for the memory of device `index`. Units: bytes. Zeros if the CUDA runtime is not loaded.
CudaMemory cuda_memory(int index);

/// Returns the product name of device `index`, or "CUDA device".
std::string cuda_name(int index);

}  // namespace assay::device
