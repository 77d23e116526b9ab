// The residual networks for photographs, with torchvision's layout and parameter names, so that weights pass in both
// directions. Source: He et al., Deep Residual Learning for Image Recognition, arXiv 1512.03385, table 1; the stride of
// a bottleneck is in its 3x3 convolution.

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <array>

#include "models/initialise.h"
#include "models/plugin.h"

namespace assay::models {
namespace {

struct ResNetOptions {
  std::string stem = "7x7";

  static auto schema() {
    return config::schema<ResNetOptions>(config::field(
        "stem", &ResNetOptions::stem, config::one_of("7x7", "3x3"),
        "7x7: convolution and pooling of stride 2 each, as published; 3x3: a convolution of stride 1, for "
        "images of about 32 pixels"));
  }
};

using BlockCounts = std::array<std::int64_t, 4>;

class ResNet : public Model {
 protected:
  ResNet(const ResNetOptions& options, const BlockCounts& num_blocks, bool has_bottlenecks, std::int64_t num_classes,
         const at::Generator& generator) {
    std::int64_t channels = 64;
    const bool is_small = options.stem == "3x3";
    auto value = add_conv_norm("conv1", "bn1", add_input(),
                               {.in_channels = 3,
                                .out_channels = channels,
                                .kernel = is_small ? 3 : 7,
                                .stride = is_small ? 1 : 2,
                                .activation = Activation::kRelu});
    if (!is_small) value = add_pool(Op::kMaxPool, value, {3, 2, 1});
    for (std::size_t stage = 0; stage < num_blocks.size(); ++stage) {
      const auto width = std::int64_t{64} << stage;
      const auto out_channels = has_bottlenecks ? 4 * width : width;
      for (std::int64_t i = 0; i < num_blocks[stage]; ++i) {
        const auto path = fmt::format("layer{}.{}.", stage + 1, i);
        const auto stride = stage > 0 && i == 0 ? 2 : 1;
        value = add_block(path, value, {channels, width, out_channels, stride, has_bottlenecks});
        channels = out_channels;
      }
    }
    add_linear("fc", add_flatten(add_global_pool(value)), channels, num_classes, Activation::kNone);
    draw_as_resnet(graph(), generator);
  }

 private:
  struct Block {
    std::int64_t in_channels, width, out_channels, stride;
    bool is_bottleneck;
  };

  NodeId add_block(const std::string& path, NodeId input, const Block& block) {
    const auto add = [&](int number, NodeId value, ConvOptions options) {
      return add_conv_norm(fmt::format("{}conv{}", path, number), fmt::format("{}bn{}", path, number), value, options);
    };
    const auto relu = Activation::kRelu;
    auto value = input;
    if (block.is_bottleneck) {
      value = add(1, value, {.in_channels = block.in_channels, .out_channels = block.width, .activation = relu});
      value = add(2, value,
                  {.in_channels = block.width,
                   .out_channels = block.width,
                   .kernel = 3,
                   .stride = block.stride,
                   .activation = relu});
      value = add(3, value, {.in_channels = block.width, .out_channels = block.out_channels});
    } else {
      value = add(1, value,
                  {.in_channels = block.in_channels,
                   .out_channels = block.width,
                   .kernel = 3,
                   .stride = block.stride,
                   .activation = relu});
      value = add(2, value, {.in_channels = block.width, .out_channels = block.out_channels, .kernel = 3});
    }
    auto shortcut = input;
    if (block.stride != 1 || block.in_channels != block.out_channels) {
      shortcut =
          add_conv_norm(path + "downsample.0", path + "downsample.1", input,
                        {.in_channels = block.in_channels, .out_channels = block.out_channels, .stride = block.stride});
    }
    return add_sum(value, shortcut, relu);
  }
};

struct ResNet18 final : ResNet {
  ResNet18(const ResNetOptions& options, std::int64_t num_classes, const at::Generator& generator)
      : ResNet(options, {2, 2, 2, 2}, false, num_classes, generator) {}
};

struct ResNet34 final : ResNet {
  ResNet34(const ResNetOptions& options, std::int64_t num_classes, const at::Generator& generator)
      : ResNet(options, {3, 4, 6, 3}, false, num_classes, generator) {}
};

struct ResNet50 final : ResNet {
  ResNet50(const ResNetOptions& options, std::int64_t num_classes, const at::Generator& generator)
      : ResNet(options, {3, 4, 6, 3}, true, num_classes, generator) {}
};

}  // namespace

ASSAY_MODEL(resnet18, ResNet18, ResNetOptions)
ASSAY_MODEL(resnet34, ResNet34, ResNetOptions)
ASSAY_MODEL(resnet50, ResNet50, ResNetOptions)

}  // namespace assay::models
