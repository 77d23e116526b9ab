// A residual network of nine layers for fast training on images of 32 pixels, as in the fast entries of DAWNBench.
// Source: David Page, How to train your ResNet, myrtle.ai, 2018, part 4: "ResNet-9", with its layers' names. The linear
// layer has a bias here; the factor on the logits keeps the first steps of a high learning rate small.

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include "models/initialise.h"
#include "models/plugin.h"

namespace assay::models {
namespace {

struct ResNet9Options {
  double logit_scale = 0.125;

  static auto schema() {
    return config::schema<ResNet9Options>(config::field("logit_scale", &ResNet9Options::logit_scale,
                                                        config::between(0.001, 10.0), "factor on the logits"));
  }
};

class ResNet9 final : public Model {
 public:
  ResNet9(const ResNet9Options& options, std::int64_t num_classes, const at::Generator& generator) {
    auto value = add_layer("prep", add_input(), 3, 64);
    value = add_residual("layer1", add_half(add_layer("layer1", value, 64, 128)), 128);
    value = add_half(add_layer("layer2", value, 128, 256));
    value = add_residual("layer3", add_half(add_layer("layer3", value, 256, 512)), 512);
    value = add_pool(Op::kMaxPool, value, {.kernel = 4, .stride = 4});
    value = add_flatten(add_global_pool(value));  // of one pixel, where images have 32
    add_linear("linear", value, 512, num_classes, Activation::kNone, options.logit_scale);
    draw_as_resnet(graph(), generator);
  }

 private:
  NodeId add_layer(const std::string& path, NodeId input, std::int64_t in_channels, std::int64_t out_channels) {
    return add_conv_norm(
        path + ".conv", path + ".bn", input,
        {.in_channels = in_channels, .out_channels = out_channels, .kernel = 3, .activation = Activation::kRelu});
  }

  NodeId add_half(NodeId input) { return add_pool(Op::kMaxPool, input, {.kernel = 2, .stride = 2}); }

  NodeId add_residual(const std::string& path, NodeId input, std::int64_t channels) {
    const auto value = add_layer(path + ".residual.res1", input, channels, channels);
    return add_sum(add_layer(path + ".residual.res2", value, channels, channels), input);
  }
};

}  // namespace

ASSAY_MODEL(resnet9, ResNet9, ResNet9Options)

}  // namespace assay::models
