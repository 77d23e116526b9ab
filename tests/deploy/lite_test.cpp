#include <torch/csrc/jit/mobile/import.h>
#include <torch/csrc/jit/mobile/module.h>
#include <torch/torch.h>

#include <fstream>

#include "compress/one_step.h"
#include "compress/quantized_ops.h"
#include "core/json.h"
#include "deploy/exporter.h"
#include "expect_error.h"
#include "golden/run_python.h"
#include "models/trained_model.h"
#include "small_files.h"
#include "temporary_folder.h"

namespace assay::deploy {
namespace {

const ExportInfo kInfo = {
    {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}, {0.5F, 0.4F, 0.3F}, {0.2F, 0.25F, 0.3F}, {3, 32, 32}, ""};

class LiteTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { model_ = train_small_model(); }
  static void TearDownTestSuite() { model_.reset(); }

  std::filesystem::path write(const compress::Network& network) const {
    auto file = folder_.path() / "network.ptl";
    make_exporter("lite")->write(network, kInfo, file);
    return file;
  }

  static compress::Network compress(const std::string& step) {
    return compress::run_step(plugin_section(step), model_, draw_images(64, 2).images).network;
  }

  /// Returns what the mobile interpreter of C++ computes.
  static at::Tensor run(const std::filesystem::path& file, const at::Tensor& images) {
    const torch::NoGradGuard no_grad;
    return torch::jit::_load_for_mobile(file.string()).forward({images}).toTensor();
  }

  /// Returns what Python measures when it loads the file and repeats the computation.
  Json check_in_python(const std::filesystem::path& file, const at::Tensor& images, const at::Tensor& logits) const {
    const auto write_floats = [&](const std::string& name, const at::Tensor& values) {
      const auto flat = values.contiguous();
      std::ofstream(folder_.path() / name, std::ios::binary)
          .write(static_cast<const char*>(flat.data_ptr()), flat.numel() * 4);
    };
    write_floats("inputs", images);
    write_floats("expected", logits);
    const auto folder = folder_.path().string();
    const auto output =
        run_python("check_torchscript.py", file.string() + " " + folder + "/inputs " + folder + "/expected 32 10");
    return output ? parse_json(*output, "check_torchscript.py") : Json();
  }

  static inline std::shared_ptr<models::Model> model_;
  TemporaryFolder folder_;
};

TEST_F(LiteTest, FloatFileComputesWhatTheModelComputes) {
  const auto file = write({model_, nullptr});
  torch::manual_seed(4);
  for (const auto& shape : {std::array<std::int64_t, 4>{1, 3, 32, 32}, {7, 3, 32, 32}, {2, 3, 48, 64}}) {
    const auto images = torch::randn(shape);
    const torch::NoGradGuard no_grad;
    EXPECT_LT((run(file, images) - model_->forward(images)).abs().max().item<double>(), 1e-4);
  }
}

TEST_F(LiteTest, Int8FileComputesWhatTheNetworkComputes) {
  const auto images = draw_images(50, 6).images;
  for (const auto* step : {"static_int8", "dynamic_int8"}) {
    const auto network = compress(step);
    const auto file = write(network);
    const compress::EngineScope engine(network.quantized->engine());
    EXPECT_TRUE(torch::equal(run(file, images), network.quantized->forward(images))) << step;
  }
}

TEST_F(LiteTest, PythonComputesTheSame) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const auto images = draw_images(200, 6).images;
  const torch::NoGradGuard no_grad;
  const auto figures = check_in_python(write({model_, nullptr}), images, model_->forward(images));
  ASSERT_EQ(figures.value("num_inputs", 0), 200);
  EXPECT_LE(figures.value("max_abs_difference", 1.0), 1e-4) << figures;
  const auto network = compress("static_int8");
  const auto int8_figures = check_in_python(write(network), images, network.quantized->forward(images));
  ASSERT_EQ(int8_figures.value("num_inputs", 0), 200);
  EXPECT_GE(int8_figures.value("same_argmax", 0.0), 0.995) << int8_figures;
  EXPECT_EQ(int8_figures.value("engine", ""), "fbgemm");
}

TEST_F(LiteTest, AFullDiskIsAnError) {
  const SmallFiles small;
  EXPECT_ERROR(write({model_, nullptr}), kData, "network.ptl");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

}  // namespace
}  // namespace assay::deploy
