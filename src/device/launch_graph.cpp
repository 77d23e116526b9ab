#include "device/launch_graph.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "device/cuda.h"

namespace assay::device {

std::unique_ptr<LaunchGraph> make_launch_graph(c10::Device device) {
  if (!device.is_cuda()) {
    throw Error(ErrorKind::kConfig, fmt::format("no CUDA graph: device {} records none", device.str()), "",
                "train.launch_graph=false");
  }
  const auto make = reinterpret_cast<LaunchGraph* (*)(int)>(find_in_cuda_part("assay_make_cuda_launch_graph"));
  return std::unique_ptr<LaunchGraph>(make(std::max<int>(device.index(), 0)));
}

}  // namespace assay::device
