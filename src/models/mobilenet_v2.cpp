// MobileNetV2 with torchvision's layout and parameter names, so that weights pass in both directions.
// Source: Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, arXiv 1801.04381, table 2.

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>

#include "models/depthwise_separable.h"
#include "models/initialise.h"
#include "models/plugin.h"
#include "models/round_channels.h"

namespace assay::models {
namespace {

struct MobileNetV2Options {
  double width = 1.0;
  std::int64_t stem_stride = 2;

  static auto schema() {
    return config::schema<MobileNetV2Options>(
        config::field("width", &MobileNetV2Options::width, config::between(0.1, 4.0), "factor of all channel counts"),
        config::field("stem_stride", &MobileNetV2Options::stem_stride, config::between(1, 2),
                      "stride of the first convolution: 2 as published, 1 for images of about 32 pixels"));
  }
};

/// Blocks of one shape, of which the first has the stride.
struct Stage {
  std::int64_t expansion, channels, num_blocks, stride;
};

constexpr std::array<Stage, 7> kStages = {
    {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 3, 2}, {6, 64, 4, 2}, {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}}};
constexpr std::int64_t kStemChannels = 32;
constexpr std::int64_t kLastChannels = 1280;
constexpr double kDropout = 0.2;

class MobileNetV2 final : public Model {
 public:
  MobileNetV2(const MobileNetV2Options& options, std::int64_t num_classes, const at::Generator& generator) {
    auto channels = round_channels(static_cast<double>(kStemChannels) * options.width);
    auto value = add_conv_norm("features.0.0", "features.0.1", add_input(),
                               {.in_channels = 3,
                                .out_channels = channels,
                                .kernel = 3,
                                .stride = options.stem_stride,
                                .activation = Activation::kRelu6});
    std::int64_t number = 1;
    for (const auto& stage : kStages) {
      const auto out_channels = round_channels(static_cast<double>(stage.channels) * options.width);
      for (std::int64_t i = 0; i < stage.num_blocks; ++i) {
        const auto path = fmt::format("features.{}.conv.", number++);
        value = add_block(path, value, channels, out_channels, stage.expansion, i == 0 ? stage.stride : 1);
        channels = out_channels;
      }
    }
    const auto last_channels = round_channels(static_cast<double>(kLastChannels) * std::max(1.0, options.width));
    const auto last = fmt::format("features.{}.", number);
    value = add_conv_norm(last + "0", last + "1", value,
                          {.in_channels = channels, .out_channels = last_channels, .activation = Activation::kRelu6});
    value = add_dropout("classifier.0", add_flatten(add_global_pool(value)), kDropout);
    add_linear("classifier.1", value, last_channels, num_classes, Activation::kNone);
    initialise(generator);
  }

 private:
  /// Expands, filters each channel, projects without an activation; adds the input if shapes agree.
  NodeId add_block(const std::string& path, NodeId input, std::int64_t in_channels, std::int64_t out_channels,
                   std::int64_t expansion, std::int64_t stride) {
    const auto expanded = in_channels * expansion;
    auto value = input;
    int index = 0;
    if (expansion != 1) {
      value = add_conv_norm(path + "0.0", path + "0.1", value,
                            {.in_channels = in_channels, .out_channels = expanded, .activation = Activation::kRelu6});
      index = 1;
    }
    value = add_depthwise_separable(
        *this, value,
        {.in_channels = expanded,
         .out_channels = out_channels,
         .stride = stride,
         .after_depthwise = Activation::kRelu6,
         .after_pointwise = Activation::kNone,
         .depthwise = {fmt::format("{}{}.0", path, index), fmt::format("{}{}.1", path, index)},
         .pointwise = {fmt::format("{}{}", path, index + 1), fmt::format("{}{}", path, index + 2)}});
    return stride == 1 && in_channels == out_channels ? add_sum(value, input) : value;
  }

  /// Draws convolutions by He's rule over the fan-out and the linear layer from N(0, 0.01).
  void initialise(const at::Generator& generator) {
    const torch::NoGradGuard no_grad;
    for (const auto& node : graph()) {
      if (node.op == Op::kConv) draw_he_normal(node.conv->weight, generator);
    }
    graph().back().linear->weight.normal_(0.0, 0.01, generator);
    graph().back().linear->bias.zero_();
  }
};

}  // namespace

ASSAY_MODEL(mobilenet_v2, MobileNetV2, MobileNetV2Options)

}  // namespace assay::models
