// EfficientNet-B0 with torchvision's layout and parameter names, so that weights pass in both directions.
// Source: Tan and Le, EfficientNet: Rethinking Model Scaling, arXiv 1905.11946, table 1.

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <algorithm>

#include "models/efficientnet_stages.h"
#include "models/initialise.h"
#include "models/plugin.h"

namespace assay::models {
namespace {

struct EfficientNetB0Options {
  std::int64_t stem_stride = 2;
  double stochastic_depth = 0.2;

  static auto schema() {
    return config::schema<EfficientNetB0Options>(
        config::field("stem_stride", &EfficientNetB0Options::stem_stride, config::between(1, 2),
                      "stride of the first convolution: 2 as published, 1 for images of about 32 pixels"),
        config::field("stochastic_depth", &EfficientNetB0Options::stochastic_depth, config::between(0.0, 0.9),
                      "rate at which the last block is left out in training; the first never is, those between less "
                      "often"));
  }
};

constexpr double kDropout = 0.2;

class EfficientNetB0 final : public Model {
 public:
  EfficientNetB0(const EfficientNetB0Options& options, std::int64_t num_classes, const at::Generator& generator) {
    auto channels = kEfficientNetStemChannels;
    auto value = add_conv_norm("features.0", add_input(),
                               {.in_channels = 3,
                                .out_channels = channels,
                                .kernel = 3,
                                .stride = options.stem_stride,
                                .activation = Activation::kSilu});
    std::int64_t number = 0;
    for (std::size_t stage = 0; stage < kEfficientNetStages.size(); ++stage) {
      auto block = kEfficientNetStages[stage];
      for (std::int64_t i = 0; i < block.num_blocks; ++i) {
        const auto rate =
            options.stochastic_depth * static_cast<double>(number++) / static_cast<double>(kNumEfficientNetBlocks);
        value = add_block(fmt::format("features.{}.{}.", stage + 1, i), value, channels, block, rate);
        channels = block.channels;
        block.stride = 1;
      }
    }
    value = add_conv_norm("features.8", value,
                          {.in_channels = channels, .out_channels = 4 * channels, .activation = Activation::kSilu});
    value = add_dropout("classifier.0", add_flatten(add_global_pool(value)), kDropout);
    add_linear("classifier.1", value, 4 * channels, num_classes, Activation::kNone);
    draw_as_resnet(graph(), generator);
  }

 private:
  NodeId add_conv_norm(const std::string& path, NodeId input, const ConvOptions& options) {
    const auto node = add_conv(path + ".0", input, options);
    add_batch_norm(path + ".1", node, 1e-5, 0.1);
    return node;
  }

  /// Expands, filters each channel, weighs the channels, projects; adds the input if shapes agree.
  NodeId add_block(const std::string& path, NodeId input, std::int64_t in_channels, const EfficientNetStage& stage,
                   double rate) {
    const auto expanded = in_channels * stage.expansion;
    int index = 0;
    const auto next_path = [&] { return fmt::format("{}block.{}", path, index++); };
    auto value = input;
    if (stage.expansion != 1) {
      value = add_conv_norm(next_path(), value,
                            {.in_channels = in_channels, .out_channels = expanded, .activation = Activation::kSilu});
    }
    value = add_conv_norm(next_path(), value,
                          {.in_channels = expanded,
                           .out_channels = expanded,
                           .kernel = stage.kernel,
                           .stride = stage.stride,
                           .groups = expanded,
                           .activation = Activation::kSilu});
    value = add_squeeze_excite(next_path(), value, expanded, std::max<std::int64_t>(1, in_channels / 4));
    value = add_conv_norm(next_path(), value, {.in_channels = expanded, .out_channels = stage.channels});
    if (stage.stride != 1 || in_channels != stage.channels) return value;
    return add_sum(add_stochastic_depth(path + "stochastic_depth", value, rate), input);
  }

  NodeId add_squeeze_excite(const std::string& path, NodeId input, std::int64_t channels, std::int64_t squeezed) {
    const auto hidden =
        add_conv(path + ".fc1", add_global_pool(input),
                 {.in_channels = channels, .out_channels = squeezed, .bias = true, .activation = Activation::kSilu});
    const auto gate =
        add_conv(path + ".fc2", hidden,
                 {.in_channels = squeezed, .out_channels = channels, .bias = true, .activation = Activation::kSigmoid});
    return add_multiply(input, gate);
  }
};

}  // namespace

ASSAY_MODEL(efficientnet_b0, EfficientNetB0, EfficientNetB0Options)

}  // namespace assay::models
