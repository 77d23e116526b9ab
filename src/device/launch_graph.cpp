#include "device/launch_graph.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/error.h"

namespace assay::device {
namespace {

// Built from src/cuda under the preset `cuda`; a separate library, so that the engines start without CUDA's libraries.
constexpr auto kLibrary = "libassay_cuda.so";

[[noreturn]] void fail(const std::string& reason, const std::string& advice) {
  throw Error(ErrorKind::kConfig, "no CUDA graph: " + reason, "", advice);
}

void* load_library() {
  std::error_code error;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const auto& place : {folder / kLibrary, folder / "engines" / kLibrary}) {
    if (!std::filesystem::exists(place, error)) continue;
    if (auto* library = ::dlopen(place.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
    fail(fmt::format("{} cannot be loaded: {}", place.string(), ::dlerror()), "rebuild it: make build PRESET=cuda");
  }
  fail("this build has no CUDA part", "make build PRESET=cuda, after make setup GPU=1");
}

}  // namespace

std::unique_ptr<LaunchGraph> make_launch_graph(c10::Device device) {
  if (!device.is_cuda()) fail(fmt::format("device {} records none", device.str()), "train.launch_graph=false");
  auto* make = reinterpret_cast<LaunchGraph* (*)(int)>(::dlsym(load_library(), "assay_make_cuda_launch_graph"));
  if (make == nullptr) fail(fmt::format("{} belongs to another build", kLibrary), "rebuild it: make build PRESET=cuda");
  return std::unique_ptr<LaunchGraph>(make(std::max<int>(device.index(), 0)));
}

}  // namespace assay::device
