// The two-pathway Continuous Integration network (MWNN): colour and brightness run side by side through residual
// stages, and integration modules mix them by learned weights. Parameter names and shapes are those of the Python
// original (clingergab/mwnn), so that its weights load here. What has no effect on the output there is left out here
// and passed over in its files: integration blocks, the half of an integration module for the other kind of features,
// and every integration module but that of the last stage, since the classifier takes one integrated map, and only
// where that has the shape of the pathways' ends. The original takes brightness as a second input; here it is a fixed
// map of the colours as the network gets them.

#include <ATen/CPUGeneratorImpl.h>
#include <torch/torch.h>

#include <cmath>
#include <vector>

#include "models/initialise.h"
#include "models/plugin.h"

namespace assay::models {
namespace {

struct ContinuousIntegrationOptions {
  std::string depth = "shallow";
  std::int64_t channels = 32;
  bool integrate_late = true;
  double dropout = 0.2;

  static auto schema() {
    using Options = ContinuousIntegrationOptions;
    return config::schema<Options>(
        config::field("depth", &Options::depth, config::one_of("shallow", "medium", "deep"),
                      "stages and their blocks: [1, 1], [2, 2, 2] or [2, 3, 4, 2]"),
        config::field("channels", &Options::channels, config::between(1, 512), "of the first stage; deep: of its half"),
        config::field("integrate_late", &Options::integrate_late,
                      "give the classifier the integrated maps of the last stage, besides the pathways' ends"),
        config::field("dropout", &Options::dropout, config::between(0.0, 0.9), "in the classifier"));
  }
};

struct Stage {
  std::int64_t num_blocks, channels;
};

std::vector<Stage> stages_of(const ContinuousIntegrationOptions& options) {
  const auto base = options.channels;
  if (options.depth == "shallow") return {{1, base}, {1, 2 * base}};
  if (options.depth == "medium") return {{2, base}, {2, 2 * base}, {2, 4 * base}};
  return {{2, 2 * base}, {3, 4 * base}, {4, 8 * base}, {2, 16 * base}};
}

class ContinuousIntegration final : public Model {
 public:
  ContinuousIntegration(const ContinuousIntegrationOptions& options, std::int64_t num_classes,
                        const at::Generator& generator) {
    const auto image = add_input();
    // ITU-R BT.709: the luminance of linear red, green and blue.
    const auto brightness_map = torch::tensor({{0.2126, 0.7152, 0.0722}}, torch::kFloat);
    auto brightness = add_channel_map(image, brightness_map, torch::zeros({1}));
    brightness = add_initial("initial_brightness", brightness, 1, options.channels);
    auto color = add_initial("initial_color", image, 3, options.channels);
    const auto stages = stages_of(options);
    auto channels = options.channels;
    for (std::size_t i = 0; i < stages.size(); ++i) {
      const auto path = fmt::format("stages.{}.", i);
      color = add_pathway(path + "color_blocks.", color, channels, stages[i], i > 0 ? 2 : 1);
      brightness = add_pathway(path + "brightness_blocks.", brightness, channels, stages[i], i > 0 ? 2 : 1);
      channels = stages[i].channels;
    }
    std::vector<NodeId> ends = {color, brightness};
    if (options.integrate_late) {
      const auto path = fmt::format("integration_modules.stage_{}.", stages.size() - 1);
      ends.push_back(add_integration(path, "integration_mlp.", ends, channels, /*ends_in_norm=*/true));
    }
    add_head(ends, channels, num_classes, options.dropout);
    pass_over({".integration_blocks.", "integration_modules.", "final_integration.integration_mlp.", ".fc_integration.",
               ".integrated_weight"});
    initialise(generator);
  }

 private:
  NodeId add_initial(const std::string& path, NodeId input, std::int64_t in_channels, std::int64_t out_channels) {
    return add_conv_norm(
        path + ".conv", path + ".bn", input,
        {.in_channels = in_channels, .out_channels = out_channels, .kernel = 3, .activation = Activation::kRelu});
  }

  NodeId add_pathway(const std::string& path, NodeId input, std::int64_t in_channels, const Stage& stage,
                     std::int64_t stride) {
    auto value = input;
    for (std::int64_t i = 0; i < stage.num_blocks; ++i) {
      value = add_block(fmt::format("{}{}.", path, i), value, i == 0 ? in_channels : stage.channels, stage.channels,
                        i == 0 ? stride : 1);
    }
    return value;
  }

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
    auto shortcut = input;
    if (stride != 1 || in_channels != out_channels) {
      shortcut = add_conv_norm(path + "shortcut.0", path + "shortcut.1", input,
                               {.in_channels = in_channels, .out_channels = out_channels, .stride = stride});
    }
    return add_sum(value, shortcut, Activation::kRelu);
  }

  /// Mixes the pathways by learned weights, and adds what two layers make of both. `features` are colour, brightness
  /// and maybe what was integrated before, all of `channels` channels.
  NodeId add_integration(const std::string& path, const std::string& layers, const std::vector<NodeId>& features,
                         std::int64_t channels, bool ends_in_norm) {
    static const std::vector<std::string> kNames = {"color_weight", "brightness_weight", "integrated_weight"};
    static const std::vector<double> kInitial = {0.5, 0.5, 0.0};
    std::vector<std::string> names;
    for (std::size_t i = 0; i < features.size(); ++i) names.push_back(path + kNames[i]);
    const auto mixed = add_mix(features, names, {kInitial.begin(), kInitial.begin() + std::ssize(features)});
    auto value =
        add_conv_norm(path + layers + "0", path + layers + "1", add_concatenation({features[0], features[1]}),
                      {.in_channels = 2 * channels, .out_channels = channels, .activation = Activation::kRelu});
    const ConvOptions last{.in_channels = channels, .out_channels = channels};
    value = ends_in_norm ? add_conv_norm(path + layers + "3", path + layers + "4", value, last)
                         : add_conv(path + layers + "3", value, last);
    return add_sum(mixed, value);
  }

  void add_head(const std::vector<NodeId>& ends, std::int64_t channels, std::int64_t num_classes, double dropout) {
    std::vector<NodeId> pooled;
    for (const auto end : ends) pooled.push_back(add_global_pool(end));
    // 1x1 convolutions of pooled maps: the original's linear layers.
    auto value = add_integration("final_integration.", "fc_integration.", pooled, channels, /*ends_in_norm=*/false);
    value = add_dropout("classifier.0", add_flatten(value), dropout);
    value = add_linear("classifier.1", value, channels, channels / 2, Activation::kRelu);
    value = add_dropout("classifier.3", value, dropout);
    add_linear("classifier.4", value, channels / 2, num_classes, Activation::kNone);
  }

  /// Draws convolutions by He's rule, the linear layers uniformly within 1 / sqrt(inputs).
  void initialise(const at::Generator& generator) {
    const torch::NoGradGuard no_grad;
    for (const auto& node : graph()) {
      if (node.op == Op::kConv) draw_he_normal(node.conv->weight, generator);
      if (node.op != Op::kLinear) continue;
      const auto bound = 1.0 / std::sqrt(static_cast<double>(node.linear->options.in_features()));
      node.linear->weight.uniform_(-bound, bound, generator);
      node.linear->bias.uniform_(-bound, bound, generator);
    }
  }
};

}  // namespace

ASSAY_MODEL(continuous_integration, ContinuousIntegration, ContinuousIntegrationOptions)

}  // namespace assay::models
