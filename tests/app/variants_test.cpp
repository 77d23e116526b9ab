#include "app/variants.h"

#include <fmt/format.h>
#include <torch/script.h>

#include <limits>

#include "app/study_fixture.h"
#include "deploy/torchscript.h"
#include "expect_error.h"

namespace assay::app {
namespace {

class VariantsTest : public StudyTest {};

// Compressed, it would agree with itself and look fast.
TEST_F(VariantsTest, ANetworkOfNaNIsNotExported) {
  const auto data = draw_data();
  const auto weights = small_network(data.num_classes()), statistics = small_network(data.num_classes());
  {
    const torch::NoGradGuard no_grad;
    weights->named_parameters()["head.bias"][1].fill_(std::numeric_limits<float>::quiet_NaN());
    statistics->named_buffers()["norm.running_var"][2].fill_(std::numeric_limits<float>::infinity());
  }
  EXPECT_ERROR(export_float(context_, data, weights, {"torchscript"}), kConfig, "head.bias holds NaN or infinity");
  EXPECT_ERROR(export_float(context_, data, statistics, {"torchscript"}), kConfig, "norm.running_var holds NaN");
  EXPECT_ERROR(export_applied(context_, data, "key", {{weights, nullptr}, {}}, {"torchscript"}), kConfig,
               "head.bias holds NaN or infinity");
  EXPECT_FALSE(std::filesystem::exists(folder_.path() / "models"));
}

TEST_F(VariantsTest, AreTestedOnNoMoreImagesAtATimeThanAPassOfTraining) {
  const auto data = draw_data();
  torch::jit::Module module("careful");
  module.define(
      fmt::format("def forward(self, x):\n"
                  "    assert x.size(0) <= 8\n"
                  "    return x.flatten(1).narrow(1, 0, {})\n",
                  data.num_classes()));
  const deploy::ExportInfo info{data.class_names, {}, {}, data.image_shape(), ""};
  deploy::save_torchscript(module, info, folder_.path() / "models/float.pt");
  record_["batch"]["micro"] = 8;  // of 20 test images
  evaluate_variants(context_, data, {{kBaseline, "models/float.pt", {}}}, {.rounds = 1, .calls = 1, .warmup = 0}, {});
  EXPECT_EQ(record_["variants"][0]["num_test"], 20);
}

}  // namespace
}  // namespace assay::app
