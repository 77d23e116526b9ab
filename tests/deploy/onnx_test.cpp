#include <torch/torch.h>

#include <fstream>

#include "compress/one_step.h"
#include "core/json.h"
#include "deploy/exporter.h"
#include "expect_error.h"
#include "golden/run_python.h"
#include "models/trained_model.h"
#include "small_files.h"
#include "temporary_folder.h"

namespace assay::deploy {
namespace {

constexpr std::int64_t kNumImages = 200;

const ExportInfo kInfo = {
    {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}, {0.5F, 0.4F, 0.3F}, {0.2F, 0.25F, 0.3F}, {3, 32, 32}, ""};

/// Is a folder in which networks are written and checked.
class OnnxFiles {
 public:
  std::filesystem::path write(const compress::Network& network) const {
    auto file = folder_.path() / "network.onnx";
    make_exporter("onnx")->write(network, kInfo, file);
    return file;
  }

  /// Returns what ONNX Runtime measures when it repeats the computation on kNumImages images.
  Json check(const compress::Network& network) const {
    const torch::NoGradGuard no_grad;
    const auto images = draw_images(kNumImages, 6).images;
    const auto logits = network.quantized ? network.quantized->forward(images) : network.model->forward(images);
    write_floats("inputs", images);
    write_floats("expected", logits);
    const auto folder = folder_.path().string();
    const auto output =
        run_python("check_onnx.py", fmt::format("{0} {1}/inputs {1}/expected 32 10", write(network).string(), folder));
    return output ? parse_json(*output, "check_onnx.py") : Json::object();
  }

  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  void write_floats(const std::string& name, const at::Tensor& values) const {
    const auto flat = values.contiguous();
    std::ofstream(folder_.path() / name, std::ios::binary)
        .write(static_cast<const char*>(flat.data_ptr()), flat.numel() * 4);
  }

  TemporaryFolder folder_;
};

compress::Network static_int8(const std::shared_ptr<models::Model>& model, std::int64_t activation_bits = 8,
                              const std::vector<std::string>& keep_float = {}) {
  const auto step =
      plugin_section("static_int8", {{"activation_bits", activation_bits}, {"keep_float", text_array(keep_float)}});
  return compress::run_step(step, model, draw_images(64, 2).images).network;
}

/// Expects that both compute the same but for rounding: what is summed exactly in one engine may differ by a step in
/// the other, and LibTorch rounds the input of the last layer once more.
void expect_same_int8(const Json& figures) {
  ASSERT_EQ(figures.value("num_inputs", 0), kNumImages);
  EXPECT_GE(figures.value("same_argmax", 0.0), 0.95) << figures;
  EXPECT_LE(figures.value("mean_difference", 1e9), 0.01 * figures.value("largest", 0.0)) << figures;
  EXPECT_LE(figures.value("max_difference", 1e9), 0.1 * figures.value("largest", 0.0)) << figures;
}

/// Is a kind of network, trained for a moment.
class OnnxTest : public ::testing::TestWithParam<std::string> {
 protected:
  std::shared_ptr<models::Model> train() const {
    if (GetParam() == "mobilenet_v3_small") return train_small_model();
    if (GetParam() != "continuous_integration") return train_small_model(plugin_section(GetParam()));
    return train_small_model(plugin_section(GetParam(), {{"channels", std::int64_t{8}}}));
  }

  OnnxFiles files_;
};

TEST_P(OnnxTest, RuntimeComputesWhatTheNetworkComputes) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const auto model = train();
  const auto figures = files_.check({model, nullptr});
  ASSERT_EQ(figures.value("num_inputs", 0), kNumImages);
  EXPECT_LE(figures.value("max_difference", 1e9), 1e-5 * figures.value("largest", 0.0)) << figures;
  EXPECT_EQ(figures.at("opset"), 17);
  EXPECT_EQ(figures.at("info"), to_json(kInfo));
  EXPECT_EQ(figures.at("input_shape"), Json::parse(R"(["batch", 3, 32, 32])"));

  const auto int8_figures = files_.check(static_int8(model));
  expect_same_int8(int8_figures);
  // Of two answers to all images even a wrong network might hit most.
  EXPECT_GE(int8_figures.value("num_answers", 0), 4);
  const auto& operators = int8_figures.at("operators");
  EXPECT_GT(operators.value("QLinearConv", 0), 5) << operators;
  EXPECT_EQ(operators.value("FusedConv", 0), 0) << operators;
  // That which maps colours to brightness has no int8 form.
  EXPECT_LE(operators.value("Conv", 0), GetParam() == "continuous_integration" ? 1 : 0) << operators;
}

INSTANTIATE_TEST_SUITE_P(Networks, OnnxTest,
                         ::testing::Values("resnet20", "mobilenet_v3_small", "efficientnet_lite0",
                                           "continuous_integration"),
                         [](const auto& network) { return network.param; });

TEST(OnnxInt8Test, KeepsToTheLevelsOfSevenBits) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const auto model = train_small_model();
  const OnnxFiles files;
  const auto figures = files.check(static_int8(model, 7));
  expect_same_int8(figures);
  EXPECT_GT(figures.at("operators").value("QLinearConv", 0), 5) << figures;
}

// Its scale is so fine that the bias would need more than 32 bits.
TEST(OnnxInt8Test, ChannelWithoutWeightsKeepsItsBias) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const auto model = train_small_model();
  for (const auto& node : model->graph()) {
    const torch::NoGradGuard no_grad;
    if (!node.batch_norm || node.conv->options.groups() > 1) continue;
    node.conv->weight[0].zero_();
    node.batch_norm->running_mean[0].zero_();
    node.batch_norm->bias[0].fill_(1.0);
  }
  // Answers may be close to ties, since nobody trained this network.
  const auto figures = OnnxFiles().check(static_int8(model));
  ASSERT_EQ(figures.value("num_inputs", 0), kNumImages);
  EXPECT_LE(figures.value("mean_difference", 1e9), 0.01 * figures.value("largest", 0.0)) << figures;
}

TEST(OnnxInt8Test, SomeLayersMayComputeInFloat) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const auto figures = OnnxFiles().check(static_int8(train_small_model(), 8, {"features.0", "features.12"}));
  expect_same_int8(figures);
  EXPECT_GE(figures.at("operators").value("Conv", 0) + figures.at("operators").value("FusedConv", 0), 2) << figures;
}

TEST(OnnxInt8Test, WeightsAloneAreWritten) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const auto model = train_small_model(plugin_section("resnet20"));
  const OnnxFiles files;
  files.write({model, nullptr});
  const auto float_size = std::filesystem::file_size(files.path() / "network.onnx");
  const auto figures = files.check(compress::run_step(plugin_section("weight_int8"), model, {}).network);
  ASSERT_EQ(figures.value("num_inputs", 0), kNumImages);
  EXPECT_LE(figures.value("max_difference", 1e9), 1e-4 * figures.value("largest", 0.0)) << figures;
  EXPECT_LT(std::filesystem::file_size(files.path() / "network.onnx"), 0.4 * static_cast<double>(float_size));
}

TEST(OnnxExporterTest, RefusesDynamicInt8) {
  const auto model = models::make_model(small_image_model(), 10, 5);
  model->eval();
  const OnnxFiles files;
  const auto network = compress::run_step(plugin_section("dynamic_int8"), model, {}).network;
  EXPECT_ERROR(files.write(network), kConfig, "no ranges");
  EXPECT_TRUE(std::filesystem::is_empty(files.path()));
}

TEST(OnnxExporterTest, AFullDiskIsAnError) {
  const auto model = models::make_model(small_image_model(), 10, 5);
  model->eval();
  const OnnxFiles files;
  const SmallFiles small;
  EXPECT_ERROR(files.write({model, nullptr}), kData, "network.onnx");
  EXPECT_TRUE(std::filesystem::is_empty(files.path()));
}

}  // namespace
}  // namespace assay::deploy
