// A student for distillation: a stem and six depthwise-separable convolutions, 41,050 parameters for 10 classes.
// Source of the blocks: Howard et al., MobileNets, arXiv 1704.04861, table 1; the widths are ours, multiples of 16,
// which fill vector registers.

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <array>

#include "models/depthwise_separable.h"
#include "models/initialise.h"
#include "models/plugin.h"

namespace assay::models {
namespace {

struct TinyDepthwiseOptions {
  std::int64_t stem_stride = 1;

  static auto schema() {
    return config::schema<TinyDepthwiseOptions>(
        config::field("stem_stride", &TinyDepthwiseOptions::stem_stride, config::between(1, 4),
                      "stride of the first convolution: 1 for images of about 32 pixels"));
  }
};

struct Block {
  std::int64_t channels, stride;
};

constexpr std::array<Block, 6> kBlocks = {{{32, 1}, {48, 2}, {64, 1}, {96, 2}, {96, 1}, {144, 1}}};
constexpr std::int64_t kStemChannels = 16;

class TinyDepthwise final : public Model {
 public:
  TinyDepthwise(const TinyDepthwiseOptions& options, std::int64_t num_classes, const at::Generator& generator) {
    constexpr auto kRelu = Activation::kRelu;
    auto channels = kStemChannels;
    auto value = add_conv_norm(
        "features.0.0", "features.0.1", add_input(),
        {.in_channels = 3, .out_channels = channels, .kernel = 3, .stride = options.stem_stride, .activation = kRelu});
    for (std::size_t i = 0; i < kBlocks.size(); ++i) {
      const auto path = fmt::format("features.{}.", i + 1);
      value = add_depthwise_separable(*this, value,
                                      {.in_channels = channels,
                                       .out_channels = kBlocks[i].channels,
                                       .stride = kBlocks[i].stride,
                                       .after_depthwise = kRelu,
                                       .after_pointwise = kRelu,
                                       .depthwise = {path + "0", path + "1"},
                                       .pointwise = {path + "3", path + "4"}});
      channels = kBlocks[i].channels;
    }
    add_linear("classifier", add_flatten(add_global_pool(value)), channels, num_classes, Activation::kNone);
    draw_as_resnet(graph(), generator);
  }
};

}  // namespace

ASSAY_MODEL(tiny_depthwise, TinyDepthwise, TinyDepthwiseOptions)

}  // namespace assay::models
