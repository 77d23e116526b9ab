// The residual networks for small images: three stages of 16, 32 and 64 channels, of 6n + 2 layers.
// Source: He et al., Deep Residual Learning for Image Recognition, arXiv 1512.03385, section 4.2. Where the shape
// changes the shortcut is a 1x1 convolution (option B there), or takes every other pixel and pads the channels with
// zeros, half on each side (option A, of which the published figures are: it has no weights).

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <array>
#include <string>

#include "models/initialise.h"
#include "models/plugin.h"

namespace assay::models {
namespace {

struct ResNetCifarOptions {
  std::int64_t blocks_per_stage = 3;
  std::string shortcut = "projection";

  static auto schema() {
    return config::schema<ResNetCifarOptions>(
        config::field("blocks_per_stage", &ResNetCifarOptions::blocks_per_stage, config::between(1, 200),
                      "n of 6n + 2 layers: 3 for ResNet-20, 5 for 32, 7 for 44, 9 for 56, 18 for 110"),
        config::field("shortcut", &ResNetCifarOptions::shortcut, config::one_of("projection", "padded"),
                      "where the shape changes: projection: a 1x1 convolution; padded: every other pixel and channels "
                      "of zeros, without weights"));
  }
};

constexpr std::array<std::int64_t, 3> kStageChannels = {16, 32, 64};

class ResNetCifar final : public Model {
 public:
  ResNetCifar(const ResNetCifarOptions& options, std::int64_t num_classes, const at::Generator& generator)
      : pads_shortcuts_(options.shortcut == "padded") {
    auto channels = kStageChannels.front();
    auto value =
        add_conv_norm("conv1", "bn1", add_input(),
                      {.in_channels = 3, .out_channels = channels, .kernel = 3, .activation = Activation::kRelu});
    for (std::size_t stage = 0; stage < kStageChannels.size(); ++stage) {
      for (std::int64_t block = 0; block < options.blocks_per_stage; ++block) {
        const auto path = "layer" + std::to_string(stage + 1) + "." + std::to_string(block) + ".";
        value = add_block(path, value, channels, kStageChannels[stage], stage > 0 && block == 0 ? 2 : 1);
        channels = kStageChannels[stage];
      }
    }
    value = add_flatten(add_global_pool(value));
    add_linear("linear", value, channels, num_classes, Activation::kNone);
    draw_as_resnet(graph(), generator);
  }

 private:
  NodeId add_block(const std::string& path, NodeId input, std::int64_t in_channels, std::int64_t out_channels,
                   std::int64_t stride) {
    auto value = add_conv_norm(path + "conv1", path + "bn1", input,
                               {.in_channels = in_channels,
                                .out_channels = out_channels,
                                .kernel = 3,
                                .stride = stride,
                                .activation = Activation::kRelu});
    value = add_conv_norm(path + "conv2", path + "bn2", value,
                          {.in_channels = out_channels, .out_channels = out_channels, .kernel = 3});
    const bool is_same_shape = stride == 1 && in_channels == out_channels;
    const auto shortcut = is_same_shape ? input : add_shortcut(path, input, in_channels, out_channels, stride);
    return add_sum(value, shortcut, Activation::kRelu);
  }

  NodeId add_shortcut(const std::string& path, NodeId input, std::int64_t in_channels, std::int64_t out_channels,
                      std::int64_t stride) {
    if (!pads_shortcuts_) {
      return add_conv_norm(path + "shortcut.0", path + "shortcut.1", input,
                           {.in_channels = in_channels, .out_channels = out_channels, .stride = stride});
    }
    const auto seen = add_pool(Op::kMaxPool, input, {.kernel = 1, .stride = stride});
    const auto num_before = (out_channels - in_channels) / 2;
    const auto map = at::constant_pad_nd(torch::eye(in_channels),
                                         {0, 0, num_before, out_channels - in_channels - num_before});  // (C_out, C_in)
    return add_channel_map(seen, map, torch::zeros({out_channels}));
  }

  bool pads_shortcuts_;
};

}  // namespace

ASSAY_MODEL(resnet20, ResNetCifar, ResNetCifarOptions)

}  // namespace assay::models
