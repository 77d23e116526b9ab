// MobileNetV3-Small with torchvision's layout and parameter names, so that weights pass in both directions.
// Source: Howard et al., Searching for MobileNetV3, arXiv 1905.02244, table 2. The last layers are torchvision's: 1024
// hidden units and dropout 0.2; squeeze and excitation uses ReLU and hard sigmoid.

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <array>

#include "models/initialise.h"
#include "models/plugin.h"
#include "models/round_channels.h"

namespace assay::models {
namespace {

struct MobileNetV3SmallOptions {
  std::int64_t stem_stride = 2;

  static auto schema() {
    return config::schema<MobileNetV3SmallOptions>(
        config::field("stem_stride", &MobileNetV3SmallOptions::stem_stride, config::between(1, 2),
                      "stride of the first convolution: 2 as published, 1 for images of about 32 pixels"));
  }
};

struct BlockOptions {
  std::int64_t kernel;
  std::int64_t expanded;
  std::int64_t out_channels;
  bool squeeze_excite;
  Activation activation;
  std::int64_t stride;
};

constexpr std::array<BlockOptions, 11> kBlocks = {{
    {3, 16, 16, true, Activation::kRelu, 2},
    {3, 72, 24, false, Activation::kRelu, 2},
    {3, 88, 24, false, Activation::kRelu, 1},
    {5, 96, 40, true, Activation::kHardswish, 2},
    {5, 240, 40, true, Activation::kHardswish, 1},
    {5, 240, 40, true, Activation::kHardswish, 1},
    {5, 120, 48, true, Activation::kHardswish, 1},
    {5, 144, 48, true, Activation::kHardswish, 1},
    {5, 288, 96, true, Activation::kHardswish, 2},
    {5, 576, 96, true, Activation::kHardswish, 1},
    {5, 576, 96, true, Activation::kHardswish, 1},
}};
constexpr std::int64_t kStemChannels = 16;
constexpr std::int64_t kHiddenUnits = 1024;
constexpr double kDropout = 0.2;
constexpr double kBatchNormEpsilon = 1e-3;
constexpr double kBatchNormMomentum = 0.01;

class MobileNetV3Small final : public Model {
 public:
  MobileNetV3Small(const MobileNetV3SmallOptions& options, std::int64_t num_classes, at::Generator generator) {
    auto value = add_input();
    value = add_conv_norm("features.0", value,
                          {.in_channels = 3,
                           .out_channels = kStemChannels,
                           .kernel = 3,
                           .stride = options.stem_stride,
                           .activation = Activation::kHardswish});
    std::int64_t channels = kStemChannels;
    for (std::size_t i = 0; i < kBlocks.size(); ++i) {
      value = add_block("features." + std::to_string(i + 1) + ".block.", value, channels, kBlocks[i]);
      channels = kBlocks[i].out_channels;
    }
    const auto last_channels = 6 * channels;
    value =
        add_conv_norm("features." + std::to_string(kBlocks.size() + 1), value,
                      {.in_channels = channels, .out_channels = last_channels, .activation = Activation::kHardswish});
    value = add_flatten(add_global_pool(value));
    value = add_linear("classifier.0", value, last_channels, kHiddenUnits, Activation::kHardswish);
    value = add_dropout("classifier.2", value, kDropout);
    add_linear("classifier.3", value, kHiddenUnits, num_classes, Activation::kNone);
    initialise(std::move(generator));
  }

 private:
  NodeId add_conv_norm(const std::string& path, NodeId input, const ConvOptions& options) {
    const auto node = add_conv(path + ".0", input, options);
    add_batch_norm(path + ".1", node, kBatchNormEpsilon, kBatchNormMomentum);
    return node;
  }

  /// Adds an inverted residual block: expand, filter each channel, weigh the channels, project; add the input if shapes
  /// agree.
  NodeId add_block(const std::string& path, NodeId input, std::int64_t in_channels, const BlockOptions& block) {
    int index = 0;
    const auto next_path = [&] { return path + std::to_string(index++); };
    auto value = input;
    if (block.expanded != in_channels)
      value =
          add_conv_norm(next_path(), value,
                        {.in_channels = in_channels, .out_channels = block.expanded, .activation = block.activation});
    value = add_conv_norm(next_path(), value,
                          {.in_channels = block.expanded,
                           .out_channels = block.expanded,
                           .kernel = block.kernel,
                           .stride = block.stride,
                           .groups = block.expanded,
                           .activation = block.activation});
    if (block.squeeze_excite) value = add_squeeze_excite(next_path(), value, block.expanded);
    value = add_conv_norm(next_path(), value, {.in_channels = block.expanded, .out_channels = block.out_channels});
    return block.stride == 1 && in_channels == block.out_channels ? add_sum(value, input) : value;
  }

  NodeId add_squeeze_excite(const std::string& path, NodeId input, std::int64_t channels) {
    const auto quarter = channels / 4;
    const auto squeezed = round_channels(static_cast<double>(quarter));
    const auto pooled = add_global_pool(input);
    const auto hidden =
        add_conv(path + ".fc1", pooled,
                 {.in_channels = channels, .out_channels = squeezed, .bias = true, .activation = Activation::kRelu});
    const auto gate = add_conv(
        path + ".fc2", hidden,
        {.in_channels = squeezed, .out_channels = channels, .bias = true, .activation = Activation::kHardsigmoid});
    return add_multiply(input, gate);
  }

  /// Draws convolutions by He's rule over the fan-out and linear layers from N(0, 0.01); all biases are 0.
  void initialise(at::Generator generator) {
    torch::NoGradGuard no_grad;
    for (const auto& node : graph()) {
      if (node.op == Op::kConv) {
        draw_he_normal(node.conv->weight, generator);
        if (node.conv->bias.defined()) node.conv->bias.zero_();
      } else if (node.op == Op::kLinear) {
        node.linear->weight.normal_(0.0, 0.01, generator);
        node.linear->bias.zero_();
      }
    }
  }
};

}  // namespace

ASSAY_MODEL(mobilenet_v3_small, MobileNetV3Small, MobileNetV3SmallOptions)

}  // namespace assay::models
