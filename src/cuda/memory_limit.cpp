// Bounds the memory of LibTorch's CUDA allocator, whose class needs CUDA's headers.

#include <ATen/Context.h>
#include <c10/cuda/CUDACachingAllocator.h>

/// Bounds what CUDA device `index` may hold to a share of its whole memory; c10::OutOfMemoryError beyond. As
/// torch.cuda.set_per_process_memory_fraction does. Errors: c10::Error.
extern "C" void assay_limit_cuda_memory(int index, double fraction) {
  at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);  // makes the allocator
  c10::cuda::CUDACachingAllocator::setMemoryFraction(fraction, static_cast<c10::DeviceIndex>(index));
}
