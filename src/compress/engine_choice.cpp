#include "compress/engine_choice.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <limits>

#include "compress/quantized_network.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/stop.h"
#include "core/terminal.h"

namespace assay::compress {
namespace {

// The least of several calls: what else the machine does only adds.
double least_seconds(const QuantizedNetwork& network, const at::Tensor& image) {
  constexpr int kCalls = 15;
  auto least = std::numeric_limits<double>::infinity();
  for (int call = 0; call < kCalls; ++call) {
    throw_if_stopped();
    const Stopwatch watch;
    network.forward(image);
    least = std::min(least, watch.seconds());
  }
  return least;
}

}  // namespace

std::string fastest_engine(const std::shared_ptr<models::Model>& model, const at::Tensor& images,
                           std::optional<std::int64_t> activation_bits) {
  std::string fastest = "fbgemm";
  auto least = std::numeric_limits<double>::infinity();
  for (const std::string name : {"fbgemm", "x86", "onednn"}) {
    std::optional<EngineScope> engine;
    try {
      engine.emplace(name);
    } catch (const Error&) {
      continue;  // this build of LibTorch lacks it
    }
    auto options = quantize_options(name, activation_bits);
    options.range.method = RangeMethod::kMinMax;
    options.correct_bias = false;
    const auto seconds = least_seconds({model, images, options}, images.narrow(0, 0, 1));
    print_status("int8 engine {}: {:.0f} us an image\n", name, seconds * 1e6);
    if (seconds >= least) continue;
    least = seconds;
    fastest = name;
  }
  return fastest;
}

}  // namespace assay::compress
