// Static int8: the whole network computes in int8, with ranges measured beforehand on training images.

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>

#include "compress/plugin.h"
#include "compress/quantized_network.h"

namespace assay::compress {
namespace {

struct StaticInt8Options {
  std::string engine = "fbgemm";
  std::int64_t calibration_images = 512;
  std::int64_t calibration_batch = 32;
  std::string range = "mse";
  double percentile = 99.99;
  bool equalise = false;
  bool bias_correction = true;
  std::optional<std::int64_t> activation_bits;

  static auto schema() {
    using Options = StaticInt8Options;
    return config::schema<Options>(
        config::field("engine", &Options::engine, config::one_of("fbgemm", "x86", "onednn"),
                      "LibTorch's int8 engine: fbgemm is fastest at batch 1, x86 and onednn at large batches"),
        config::field("calibration_images", &Options::calibration_images, config::between(1, 100'000),
                      "training images on which ranges are measured"),
        config::field("calibration_batch", &Options::calibration_batch, config::between(1, 1024),
                      "images measured at a time: what range = moving_average averages over"),
        config::field("range", &Options::range,
                      config::one_of("mse", "minmax", "percentile", "moving_average", "histogram"),
                      "how ranges are chosen; moving_average and histogram as torch.ao's observers"),
        config::field("percentile", &Options::percentile, config::between(90.0, 100.0).in("%"),
                      "for range = percentile: share of values kept at each end"),
        config::field("equalise", &Options::equalise,
                      "first scale channels between pairs of layers until both sides have the same largest weight"),
        config::field("bias_correction", &Options::bias_correction, "cancel the mean shift that rounding causes"),
        config::field("activation_bits", &Options::activation_bits, config::between(7, 8),
                      "7 avoids saturation on processors without VNNI; auto asks the processor"));
  }
};

class StaticInt8 final : public Step {
 public:
  explicit StaticInt8(StaticInt8Options options) : options_(std::move(options)) {}

  std::string name() const override { return "static_int8"; }
  bool quantizes() const override { return true; }

  StepOutput run(const StepInput& input) const override {
    float_network(input, name());
    const EngineScope engine(options_.engine);
    auto quantize_options = make_quantize_options();
    quantize_options.num_at_once = std::min(input.num_at_once, options_.calibration_batch);
    const auto images = input.calibration_images(options_.calibration_images);
    const auto network = std::make_shared<QuantizedNetwork>(input.network.model, images, quantize_options);
    return {{input.network.model, network},
            {{"engine", options_.engine},
             {"weights", fmt::format("int8 per channel, depthwise up to {}", quantize_options.largest_grouped_weight)},
             {"activations", fmt::format("uint8 per tensor, {} levels", quantize_options.range.max_level + 1)},
             {"range", options_.range},
             {"calibration_images", fmt::format("{}", images.size(0))},
             {"equalised", fmt::format("{} pairs of layers", network->num_equalised())},
             {"bias_correction", options_.bias_correction ? "yes" : "no"}}};
  }

 private:
  QuantizeOptions make_quantize_options() const {
    auto options = quantize_options(options_.engine, options_.activation_bits);
    options.equalise = options_.equalise;
    options.correct_bias = options_.bias_correction;
    options.range.percentile = options_.percentile;
    options.range.method = find_range_method(options_.range);
    return options;
  }

  StaticInt8Options options_;
};

}  // namespace

ASSAY_STEP(static_int8, StaticInt8, StaticInt8Options)

}  // namespace assay::compress
