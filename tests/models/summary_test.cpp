#include "models/summary.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <torch/torch.h>

#include "models/model_section.h"

namespace assay::models {
namespace {

TEST(SummaryTest, ShowsEveryLayer) {
  Model model;
  const auto conv = model.add_conv_norm(
      "conv", "norm", model.add_input(),
      {.in_channels = 3, .out_channels = 8, .kernel = 3, .stride = 2, .activation = Activation::kRelu});
  const auto depthwise =
      model.add_conv("depthwise", conv, {.in_channels = 8, .out_channels = 8, .kernel = 5, .groups = 8});
  model.add_linear("head", model.add_flatten(model.add_global_pool(depthwise)), 8, 10, Activation::kNone);
  EXPECT_EQ(summarise(model, {3, 16, 16}),
            "layer      kind                output   parameters   MACs\n"
            "images     input               3x16x16           0      0\n"
            "conv       conv 3x3 / 2        8x8x8           216  13824\n"
            "norm       batch_norm, relu    8x8x8            16      0\n"
            "depthwise  depthwise conv 5x5  8x8x8           200  12800\n"
            "node3      global_pool         8x1x1             0      0\n"
            "node4      flatten             8                 0      0\n"
            "head       linear              10               90     80\n"
            "total                                          522  26704\n");
}

TEST(SummaryTest, AddsUpToWhatTheModelCounts) {
  for (const auto& described : describe_models()) {
    const auto model = make_model(plugin_section(described.name), 10, 1);
    const auto text = summarise(*model, {3, 64, 64});
    const auto total = text.substr(text.find("\ntotal"));
    EXPECT_THAT(total, testing::HasSubstr(fmt::format(" {} ", model->num_parameters()))) << described.name;
    EXPECT_THAT(total, testing::EndsWith(fmt::format(" {}\n", model->count_macs({3, 64, 64})))) << described.name;
  }
}

}  // namespace
}  // namespace assay::models
