#include "deploy/torchscript.h"

#include <torch/torch.h>

#include <fstream>

#include "compress/one_step.h"
#include "compress/quantized_ops.h"
#include "core/file.h"
#include "core/json.h"
#include "expect_error.h"
#include "golden/run_python.h"
#include "models/trained_model.h"
#include "small_files.h"
#include "temporary_folder.h"

namespace assay::deploy {
namespace {

constexpr std::array<std::int64_t, 3> kImageShape = {3, 32, 32};

at::Tensor run(torch::jit::Module module, const at::Tensor& images) {
  torch::NoGradGuard no_grad;
  std::vector<at::Tensor> logits;
  for (const auto& batch : images.split(100)) logits.push_back(module.forward({batch}).toTensor());
  return torch::cat(logits);
}

void write_floats(const std::filesystem::path& path, const at::Tensor& values) {
  const auto flat = values.contiguous();
  std::ofstream(path, std::ios::binary).write(static_cast<const char*>(flat.data_ptr()), flat.numel() * 4);
}

class TorchScriptTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { model_ = train_small_model(); }
  static void TearDownTestSuite() { model_.reset(); }

  ExportInfo make_info(const std::string& engine) const {
    return {{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"},
            {0.5F, 0.4F, 0.3F},
            {0.2F, 0.25F, 0.3F},
            kImageShape,
            engine};
  }

  struct Exported {
    torch::jit::Module module;
    std::string engine;
  };

  Exported compress(const std::string& step) const {
    const auto network = compress::run_step(plugin_section(step), model_, draw_images(64, 2).images).network;
    return {to_torchscript(network, kImageShape), network.quantized->engine()};
  }

  /// Returns what Python measures when it loads the file and repeats the computation.
  Json check_in_python(const std::filesystem::path& file, const at::Tensor& images, const at::Tensor& logits) const {
    write_floats(folder_.path() / "inputs", images);
    write_floats(folder_.path() / "expected", logits);
    const auto folder = folder_.path().string();
    const auto output =
        run_python("check_torchscript.py", file.string() + " " + folder + "/inputs " + folder + "/expected 32 10");
    return output ? parse_json(*output, "check_torchscript.py") : Json();
  }

  static inline std::shared_ptr<models::Model> model_;
  TemporaryFolder folder_;
};

TEST_F(TorchScriptTest, FloatExportComputesWhatTheModelComputes) {
  model_->train();
  const auto module = to_torchscript({model_, nullptr}, kImageShape);
  EXPECT_TRUE(model_->is_training());
  model_->eval();
  torch::manual_seed(4);
  for (const auto& shape : {std::array<std::int64_t, 4>{1, 3, 32, 32}, {7, 3, 32, 32}, {2, 3, 48, 64}}) {
    const auto images = torch::randn(shape);
    torch::NoGradGuard no_grad;
    EXPECT_LT((run(module, images) - model_->forward(images)).abs().max().item<double>(), 1e-4);
  }
}

// Its mixing weights are parameters, which tracing must see as numbers.
TEST_F(TorchScriptTest, TwoPathwayNetworkIsExported) {
  const auto model =
      models::make_model(plugin_section("continuous_integration", {{"channels", std::int64_t{8}}}), 10, 5);
  model->eval();
  const auto images = draw_images(8, 6).images;
  const auto module = to_torchscript({model, nullptr}, kImageShape);
  const torch::NoGradGuard no_grad;
  EXPECT_LT((run(module, images) - model->forward(images)).abs().max().item<double>(), 1e-4);
  const auto int8 = compress::run_step(plugin_section("static_int8"), model, images).network;
  EXPECT_TRUE(torch::equal(run(to_torchscript(int8, kImageShape), images), int8.quantized->forward(images)));
}

TEST_F(TorchScriptTest, Int8ModuleComputesWhatTheNetworkComputes) {
  const auto images = draw_images(50, 6).images;
  for (const auto* step : {"static_int8", "dynamic_int8"}) {
    const auto network = compress::run_step(plugin_section(step), model_, draw_images(64, 2).images).network;
    EXPECT_TRUE(torch::equal(run(to_torchscript(network, kImageShape), images), network.quantized->forward(images)))
        << step;
  }
}

TEST_F(TorchScriptTest, SomeLayersMayComputeInFloat) {
  const auto step = plugin_section("static_int8", {{"keep_float", text_array({"features.0", "classifier"})}});
  const auto images = draw_images(50, 6).images;
  const auto network = compress::run_step(step, model_, draw_images(64, 2).images).network;
  const auto expected = network.quantized->forward(images);
  const auto difference = (run(to_torchscript(network, kImageShape), images) - expected).abs().max().item<double>();
  EXPECT_LT(difference, 0.02 * expected.abs().max().item<double>());
}

TEST_F(TorchScriptTest, WeightsInInt8AreReadAsFloats) {
  const auto images = draw_images(50, 6).images;
  const auto network = compress::run_step(plugin_section("weight_int8"), model_, {}).network;
  auto module = to_torchscript(network, kImageShape);
  for (int call = 0; call < 4; ++call) {  // the executor optimizes the code in the first ones
    EXPECT_LT((run(module, images) - network.quantized->forward(images)).abs().max().item<double>(), 1e-4);
  }
}

TEST_F(TorchScriptTest, FileKeepsNetworkAndInfo) {
  const auto images = torch::randn({5, 3, 32, 32});
  const auto module = to_torchscript({model_, nullptr}, kImageShape);
  save_torchscript(module, make_info(""), folder_.path() / "deep/float.pt");
  const auto loaded = load_torchscript(folder_.path() / "deep/float.pt");
  EXPECT_TRUE(torch::equal(run(module, images), run(loaded.module, images)));
  EXPECT_EQ(loaded.info.class_names, make_info("").class_names);
  EXPECT_EQ(loaded.info.mean, make_info("").mean);
  EXPECT_EQ(loaded.info.image_shape, kImageShape);
}

TEST_F(TorchScriptTest, Int8FilesAreSmallAndComputeTheSameAfterLoading) {
  const auto images = torch::randn({200, 3, 32, 32});
  const auto file = folder_.path() / "network.pt";
  save_torchscript(to_torchscript({model_, nullptr}, kImageShape), make_info(""), file);
  const auto float_size = static_cast<double>(std::filesystem::file_size(file));
  const auto engine = at::globalContext().qEngine();
  for (const auto& [technique, ratio] :
       {std::pair<const char*, double>{"static_int8", 0.35}, {"dynamic_int8", 0.75}, {"weight_int8", 0.35}}) {
    const auto compressed = compress(technique);
    save_torchscript(compressed.module, make_info(compressed.engine), file);
    EXPECT_LT(static_cast<double>(std::filesystem::file_size(file)), ratio * float_size) << technique;
    EXPECT_TRUE(torch::equal(run(compressed.module, images), run(load_torchscript(file).module, images))) << technique;
    EXPECT_EQ(at::globalContext().qEngine(), engine);
  }
}

TEST_F(TorchScriptTest, PythonComputesTheSame) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const auto images = draw_images(1000, 6).images;
  const auto file = folder_.path() / "network.pt";
  auto module = to_torchscript({model_, nullptr}, kImageShape);
  save_torchscript(module, make_info(""), file);
  const auto figures = check_in_python(file, images, run(module, images));
  ASSERT_EQ(figures.value("num_inputs", 0), 1000);
  EXPECT_LE(figures.value("max_abs_difference", 1.0), 1e-4) << figures;
  for (const auto* technique : {"static_int8", "dynamic_int8"}) {
    const auto compressed = compress(technique);
    save_torchscript(compressed.module, make_info(compressed.engine), file);
    const auto int8_figures = check_in_python(file, images, run(compressed.module, images));
    EXPECT_EQ(int8_figures.value("num_inputs", 0), 1000);
    EXPECT_GE(int8_figures.value("same_argmax", 0.0), 0.999) << technique << " " << int8_figures;
    EXPECT_EQ(int8_figures.value("engine", ""), "fbgemm");
  }
}

TEST_F(TorchScriptTest, RefusesBadFiles) {
  EXPECT_ERROR(load_torchscript(folder_.path() / "absent.pt"), kData, "absent.pt");
  EXPECT_ERROR(load_torchscript(folder_.write("text.pt", "hello")), kData, "text.pt");
  const auto file = folder_.path() / "float.pt";
  const auto module = to_torchscript({model_, nullptr}, kImageShape);
  module.save(file.string());
  EXPECT_ERROR(load_torchscript(file), kData, "not a network exported by assay");
  save_torchscript(module, make_info(""), file);
  const auto whole = read_file(file);
  EXPECT_ERROR(load_torchscript(folder_.write("cut.pt", whole.substr(0, whole.size() / 2))), kData, "cut.pt");
  save_torchscript(module, make_info("abacus"), file);
  EXPECT_ERROR(load_torchscript(file), kData, "abacus");
}

// LibTorch's own writer of files would end the process.
TEST_F(TorchScriptTest, AFullDiskIsAnError) {
  const auto module = to_torchscript({model_, nullptr}, kImageShape);
  const SmallFiles small;
  EXPECT_ERROR(save_torchscript(module, make_info(""), folder_.path() / "network.pt"), kData, "network.pt");
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));
}

TEST_F(TorchScriptTest, LeavesNoFileBehindWhereItCannotWrite) {
  const auto blocked = folder_.write("file", "") / "float.pt";
  EXPECT_ERROR(save_torchscript(to_torchscript({model_, nullptr}, kImageShape), make_info(""), blocked), kData, "file");
}

}  // namespace
}  // namespace assay::deploy
