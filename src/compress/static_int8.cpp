// Static int8: the whole network computes in int8, with ranges measured beforehand on training images.

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include <algorithm>
#include <limits>

#include "compress/engine_choice.h"
#include "compress/plugin.h"
#include "compress/quantized_network.h"
#include "config/suggest.h"
#include "core/error.h"
#include "core/terminal.h"

namespace assay::compress {
namespace {

struct StaticInt8Options {
  std::string engine = "fbgemm";
  std::int64_t calibration_images = 512;
  std::int64_t calibration_batch = 32;
  std::string range = "mse";
  double percentile = 99.99;
  std::vector<std::string> keep_float;
  double min_sqnr_db = 0.0;
  bool equalise = false;
  bool bias_correction = true;
  std::optional<std::int64_t> activation_bits;

  static auto schema() {
    using Options = StaticInt8Options;
    return config::schema<Options>(
        config::field("engine", &Options::engine, config::one_of("fbgemm", "x86", "onednn", "auto"),
                      "LibTorch's int8 engine; auto: the fastest at batch 1 in a trial, so that two runs may differ"),
        config::field("calibration_images", &Options::calibration_images, config::between(1, 100'000),
                      "training images on which ranges are measured"),
        config::field("calibration_batch", &Options::calibration_batch, config::between(1, 1024),
                      "images measured at a time: what range = moving_average averages over"),
        config::field("range", &Options::range,
                      config::one_of("mse", "minmax", "percentile", "moving_average", "histogram"),
                      "how ranges are chosen; moving_average and histogram as torch.ao's observers"),
        config::field("percentile", &Options::percentile, config::between(90.0, 100.0).in("%"),
                      "for range = percentile: share of values kept at each end"),
        config::field("keep_float", &Options::keep_float,
                      "layers that compute in float: names as in the weights file, or the beginning of names up to a "
                      "dot, which stands for all of them"),
        config::field("min_sqnr_db", &Options::min_sqnr_db, config::between(0.0, 100.0).in("dB"),
                      "least ratio of signal to rounding noise in a layer's output; layers below it compute in float; "
                      "0: none"),
        config::field("equalise", &Options::equalise,
                      "first scale channels between pairs of layers until both sides have the same largest weight"),
        config::field("bias_correction", &Options::bias_correction, "cancel the mean shift that rounding causes"),
        config::field("activation_bits", &Options::activation_bits, config::between(7, 8),
                      "7 avoids saturation on processors without VNNI; auto asks the processor"));
  }
};

/// Counts the bytes of a network's weights, scales and biases.
std::int64_t num_bytes(const QuantizedNetwork& network) {
  std::int64_t count = 0;
  for (const auto& node : network.graph()) {
    if (!node.conv && !node.linear) continue;
    const auto& weight = node.conv ? node.conv->weight : node.linear->weight;
    const bool is_float = network.layers()[node.id].in_float.weight.defined();
    count += is_float ? 4 * (weight.numel() + weight.size(0)) : weight.numel() + 8 * weight.size(0);
  }
  return count;
}

class StaticInt8 final : public Step {
 public:
  explicit StaticInt8(StaticInt8Options options) : options_(std::move(options)) {}

  std::string name() const override { return "static_int8"; }
  bool quantizes() const override { return true; }

  StepOutput run(const StepInput& input) const override {
    const auto& graph = float_network(input, name()).graph();
    check_names(graph);
    const auto engine_name = choose_engine(input);
    const EngineScope engine(engine_name);
    auto quantize_options = make_quantize_options(engine_name);
    quantize_options.num_at_once = std::min(input.num_at_once, options_.calibration_batch);
    print_status("step 1/3: preparing the calibration set of {} images\n", options_.calibration_images);
    const auto images = input.calibration_images(options_.calibration_images);
    const auto [num_converted, num_layers] = count_layers(graph);
    print_status("step 2/3: converting ({} of {} layers)\n", num_converted, num_layers);
    const auto network = std::make_shared<QuantizedNetwork>(input.network.model, images, quantize_options);
    print_status("step 3/3: done, model size {:.2f} MB\n", static_cast<double>(num_bytes(*network)) / 1e6);
    return {{input.network.model, network, input.network.holds_zeros},
            {{"engine", engine_name},
             {"weights", fmt::format("int8 per channel, depthwise up to {}", quantize_options.largest_grouped_weight)},
             {"activations", fmt::format("uint8 per tensor, {} levels", quantize_options.range.max_level + 1)},
             {"range", options_.range},
             {"calibration_images", fmt::format("{}", images.size(0))},
             {"float_layers", describe_float_layers(*network)},
             {"equalised", fmt::format("{} pairs of layers", network->num_equalised())},
             {"bias_correction", options_.bias_correction ? "yes" : "no"}}};
  }

 private:
  std::string choose_engine(const StepInput& input) const {
    constexpr std::int64_t kTrialImages = 8;
    if (options_.engine != "auto") return options_.engine;
    return fastest_engine(input.network.model, input.calibration_images(kTrialImages), options_.activation_bits);
  }

  bool is_kept(const models::Node& node) const {
    return std::any_of(options_.keep_float.begin(), options_.keep_float.end(),
                       [&](const auto& name) { return lies_below(node.name, name); });
  }

  /// Counts the layers that are to be converted, and all.
  std::pair<std::int64_t, std::int64_t> count_layers(const models::Graph& graph) const {
    std::pair<std::int64_t, std::int64_t> counts;
    for (const auto& node : graph) {
      if (!node.conv && !node.linear) continue;
      ++counts.second;
      if (!is_kept(node)) ++counts.first;
    }
    return counts;
  }

  void check_names(const models::Graph& graph) const {
    std::vector<std::string> layers;
    for (const auto& node : graph) {
      if (node.conv || node.linear) layers.push_back(node.name);
    }
    for (const auto& name : options_.keep_float) {
      if (std::any_of(layers.begin(), layers.end(), [&](const auto& layer) { return lies_below(layer, name); }))
        continue;
      throw Error(ErrorKind::kConfig, fmt::format("static_int8: keep_float names \"{}\", which is no layer", name), "",
                  config::suggest(name, layers));
    }
  }

  std::string describe_float_layers(const QuantizedNetwork& network) const {
    const auto names = network.float_layers();
    auto text = names.empty() ? std::string("none") : fmt::format("{}", fmt::join(names, ", "));
    if (options_.min_sqnr_db <= 0.0) return text;
    auto lowest = std::numeric_limits<double>::infinity();
    for (const auto& layer : network.layers()) {
      if (layer.conv || layer.linear) lowest = std::min(lowest, layer.sqnr_db);
    }
    return fmt::format("{}; the others have {:.1f} dB or more", text, lowest);
  }

  QuantizeOptions make_quantize_options(const std::string& engine) const {
    auto options = quantize_options(engine, options_.activation_bits);
    options.keep_float = options_.keep_float;
    options.min_sqnr_db = options_.min_sqnr_db;
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
