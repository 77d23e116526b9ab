// Functions of the CUDA runtime are looked up by name at run time, so that binaries start without it.

#include "device/cuda.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <array>
#include <cstddef>
#include <filesystem>

#include "core/error.h"

namespace assay::device {
namespace {

template <typename Function>
Function* find_symbol(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_DEFAULT, name));
}

constexpr auto kLibrary = "libassay_cuda.so";

[[noreturn]] void fail(const std::string& reason) {
  throw Error(ErrorKind::kConfig, reason, "", "build anew: make build");
}

void* load_cuda_part() {
  std::error_code error;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& place : {folder / kLibrary, folder / "engines" / kLibrary}) {
    if (!std::filesystem::exists(place, error)) continue;
    if (auto* library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    fail(fmt::format("{} cannot be loaded: {}", place.string(), ::dlerror()));
  }
  fail(fmt::format("there is no {} beside {}", kLibrary, folder.string()));
}

}  // namespace

std::string load_cuda_library() {
  // Looks for the NVIDIA driver's library first: without it, loading the CUDA half would only cost start-up time.
  if (::dlopen("libcuda.so.1", RTLD_LAZY | RTLD_GLOBAL) == nullptr) return "no NVIDIA driver on this machine";
  if (::dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    return std::string("LibTorch's CUDA half cannot be loaded (set up with `make setup GPU=1`): ") + ::dlerror();
  }
  return "";
}

void* find_in_cuda_part(const char* name) {
  if (auto* found = ::dlsym(load_cuda_part(), name)) return found;
  fail(fmt::format("{} belongs to another build", kLibrary));
}

void limit_cuda_memory(int index, double fraction) {
  reinterpret_cast<void (*)(int, double)>(find_in_cuda_part("assay_limit_cuda_memory"))(index, fraction);
}

CudaMemory cuda_memory(int index) {
  const auto set_device = find_symbol<int(int)>("cudaSetDevice");
  const auto get_memory = find_symbol<int(std::size_t*, std::size_t*)>("cudaMemGetInfo");
  std::size_t free_bytes = 0;
  std::size_t total_bytes = 0;
  if (set_device == nullptr || get_memory == nullptr) return {};
  if (set_device(index) != 0 || get_memory(&free_bytes, &total_bytes) != 0) return {};
  return {static_cast<std::int64_t>(free_bytes), static_cast<std::int64_t>(total_bytes)};
}

std::string cuda_name(int index) {
  const auto get_name = find_symbol<int(char*, int, int)>("cuDeviceGetName");
  std::array<char, 128> name{};
  if (get_name == nullptr || get_name(name.data(), static_cast<int>(name.size()), index) != 0) return "CUDA device";
  return name.data();
}

}  // namespace assay::device
