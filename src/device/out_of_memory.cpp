#include "device/out_of_memory.h"

#include <ATen/DeviceAccelerator.h>
#include <ATen/detail/MPSHooksInterface.h>
#include <c10/util/Exception.h>

#include <new>
#include <stdexcept>
#include <string_view>

namespace assay::device {
namespace {

// MPS, cuBLAS and the CUDA runtime report exhausted memory as generic errors, and TorchScript's interpreter throws all
// errors again as std::runtime_error, with their text.
bool tells_of_exhausted_memory(std::string_view text) {
  for (const auto* sign :
       {"MPS backend out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDA error: out of memory", "CUDA out of memory",
        "out of memory: ", "DefaultCPUAllocator: can't allocate memory", "not enough memory: you tried to allocate"}) {
    if (text.find(sign) != std::string_view::npos) return true;
  }
  return false;
}

bool run(const std::function<void()>& work) {
  try {
    work();
    return true;
  } catch (const c10::OutOfMemoryError&) {
    return false;
  } catch (const std::bad_alloc&) {
    return false;
  } catch (const c10::Error& error) {
    if (tells_of_exhausted_memory(error.what_without_backtrace())) return false;
    throw;
  } catch (const std::runtime_error& error) {
    if (tells_of_exhausted_memory(error.what())) return false;
    throw;
  }
}

void release_unused_memory() {
  const auto accelerator = at::getAccelerator();
  if (!accelerator) return;
  if (*accelerator == c10::kMPS) return at::detail::getMPSHooks().emptyCache();
  at::accelerator::emptyCache();
}

}  // namespace

bool ran_within_memory(const std::function<void()>& work) {
  if (run(work)) return true;
  release_unused_memory();
  return false;
}

}  // namespace assay::device
