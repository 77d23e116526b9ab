#include "deploy/mlflow_model.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include <fstream>

#include "compress/one_step.h"
#include "core/file.h"
#include "core/json.h"
#include "expect_error.h"
#include "golden/run_python.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"
#include "models/trained_model.h"
#include "temporary_folder.h"

namespace assay::deploy {
namespace {

using testing::HasSubstr;

const ExportInfo kInfo = {{"it's", "b: #", "c\n", "ä", "\"e\"", "f", "g", "h", "i", "j"},
                          {0.5F, 0.4F, 0.3F},
                          {0.2F, 0.25F, 0.3F},
                          {3, 32, 32},
                          ""};

TEST(MlflowModelTest, DescribesTheNetwork) {
  const TemporaryFolder folder;
  const auto network = folder.write("float.pt", "network");
  write_mlflow_model(network, kInfo, folder.path() / "float");
  const auto text = read_file(folder.path() / "float/MLmodel");
  EXPECT_THAT(text, HasSubstr("    loader_module: mlflow.pytorch\n"));
  EXPECT_THAT(text, HasSubstr(fmt::format("    pytorch_version: {}\n", TORCH_VERSION)));
  EXPECT_THAT(text, HasSubstr("signature:\n"
                              "  inputs: '[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"float32\","
                              "\"shape\":[-1,3,32,32]}}]'\n"
                              "  outputs: '[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"float32\","
                              "\"shape\":[-1,10]}}]'\n"));
  EXPECT_THAT(text, HasSubstr("metadata: {\"format\":1,\"class_names\":[\"it's\",\"b: #\",\"c\\n\",\"ä\","));
  EXPECT_THAT(text, Not(HasSubstr("saved_input_example_info")));
  EXPECT_EQ(read_file(folder.path() / "float/data/model.pth"), "network");
  EXPECT_EQ(read_file(folder.path() / "float/data/pickle_module_info.txt"), "mlflow.pytorch.pickle_module");
}

TEST(MlflowModelTest, NamesTheVersionsThatTheProjectPins) {
  const TemporaryFolder folder;
  write_mlflow_model(folder.write("float.pt", "network"), kInfo, folder.path() / "float");
  const auto pins = read_file(ASSAY_SOURCE_DIR "/scripts/requirements/server.in") +
                    read_file(ASSAY_SOURCE_DIR "/scripts/requirements/torch.in");
  std::ifstream requirements(folder.path() / "float/requirements.txt");
  for (std::string line; std::getline(requirements, line);) EXPECT_THAT(pins, HasSubstr(line));
}

TEST(MlflowModelTest, SharesTheNetworksBytesOnDisk) {
  const TemporaryFolder folder;
  const auto network = folder.write("float.pt", "network");
  write_mlflow_model(network, kInfo, folder.path() / "float");
  EXPECT_TRUE(std::filesystem::equivalent(network, folder.path() / "float/data/model.pth"));
}

TEST(MlflowModelTest, ReplacesAFormerModelWhole) {
  const TemporaryFolder folder;
  folder.write("float/data/old.bin", "old");
  write_mlflow_model(folder.write("float.pt", "network"), kInfo, folder.path() / "float");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "float/data/old.bin"));
  EXPECT_ERROR(write_mlflow_model(folder.path() / "absent.pt", kInfo, folder.path() / "float"), kData, "absent.pt");
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "float/MLmodel"));
}

TEST(MlflowModelTest, NamesAFolderThatCannotBe) {
  const TemporaryFolder folder;
  const auto network = folder.write("float.pt", "network");
  EXPECT_ERROR(write_mlflow_model(network, kInfo, network / "model"), kData, "float.pt");
}

/// Is a small network, exported and logged to a real server, and what C++ computes with it.
class LoggedMlflowModelTest : public ::testing::Test {
 protected:
  /// Exports the network, in int8 where `step` says so, and registers it as `name` with the alias "best".
  void log(const std::string& url, const std::string& name, const std::string& step, const std::string& engine) {
    const auto model = train_small_model();
    auto info = kInfo;
    compress::Network made{model, nullptr};
    if (!step.empty()) {
      made = compress::run_step(plugin_section(step, {{"engine", engine}}), model, draw_images(64, 2).images).network;
      info.engine = engine;
    }
    const auto network = folder_.path() / "network.pt";
    make_exporter("torchscript")->write(made, info, network);
    images_ = draw_images(4, 6).images.contiguous();
    write_mlflow_model(network, info, folder_.path() / "model", images_.slice(0, 0, 1));
    const torch::NoGradGuard no_grad;
    logits_ = load_torchscript(network).module.forward({images_}).toTensor();
    std::ofstream(folder_.path() / "inputs", std::ios::binary)
        .write(static_cast<const char*>(images_.data_ptr()), images_.numel() * 4);

    const auto run = track::tracker_for(url, {{"flush_timeout_s", 120.0}})->start(track::start_of("deploy", name));
    run->log_model({.name = "network",
                    .folder = folder_.path() / "model",
                    .type = "classifier",
                    .registered_name = name,
                    .aliases = {"best"}});
    run->finish(track::RunStatus::kFinished);
    ASSERT_TRUE(run->delivery().complete()) << run->delivery().first_error;
  }

  /// Returns what Python makes of the model, or null JSON.
  Json open_in_python(const std::string& url, const std::string& name) const {
    const auto output = run_python("../deploy/load_logged_model.py",
                                   fmt::format("{} {} best {} 32", url, name, (folder_.path() / "inputs").string()));
    return output ? parse_json(*output, "load_logged_model.py") : Json();
  }

  /// Returns the largest difference of what came out in Python and in C++.
  double difference(const Json& outputs) const {
    if (outputs.size() != 4) return 1e9;
    double largest = 0.0;
    for (std::int64_t i = 0; i < 4; ++i) {
      for (std::int64_t j = 0; j < 10; ++j) {
        const double value = outputs[static_cast<std::size_t>(i)][static_cast<std::size_t>(j)];
        largest = std::max(largest, std::abs(value - logits_[i][j].item<double>()));
      }
    }
    return largest;
  }

  TemporaryFolder folder_;
  at::Tensor images_;  // (4, 3, 32, 32)
  at::Tensor logits_;  // (4, 10)
};

TEST_F(LoggedMlflowModelTest, PythonOpensRegistersAndServesWhatCppLogged) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  ASSAY_MLFLOW_OR_SKIP(server);
  log(server->url(), "float", "", "");
  const auto figures = open_in_python(server->url(), "float");
  ASSERT_TRUE(figures.is_object());
  for (const auto* way : {"pytorch", "pyfunc", "by_alias", "by_run", "serve"}) {
    EXPECT_EQ(difference(figures.at(way)), 0.0) << way;
  }
  EXPECT_EQ(figures.at("inputs"), Json::parse(R"([["float32", [-1, 3, 32, 32]]])"));
  EXPECT_EQ(figures.at("outputs"), Json::parse(R"([["float32", [-1, 10]]])"));
  EXPECT_EQ(figures.at("metadata"), to_json(kInfo));
  EXPECT_EQ(figures.at("flavors"), Json::parse(R"(["python_function", "pytorch"])"));
  EXPECT_EQ(figures.at("registered"), 2);
  EXPECT_EQ(figures.at("example").at(0).at(2).at(31).at(30).get<double>(), images_[0][2][31][30].item<double>());
}

TEST_F(LoggedMlflowModelTest, PythonComputesInt8AsCppDoesOnTheSameEngine) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  ASSAY_MLFLOW_OR_SKIP(server);
  log(server->url(), "fbgemm", "static_int8", "fbgemm");
  const auto figures = open_in_python(server->url(), "fbgemm");
  ASSERT_TRUE(figures.is_object());
  EXPECT_EQ(figures.at("metadata").at("engine"), "fbgemm");
  EXPECT_EQ(difference(figures.at("pytorch_for_engine")), 0.0);
}

// The engine of `mlflow models serve` cannot be chosen: it is torch's own choice, x86.
TEST_F(LoggedMlflowModelTest, PythonServesInt8OfItsOwnEngineAsCppComputesIt) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  ASSAY_MLFLOW_OR_SKIP(server);
  log(server->url(), "x86", "static_int8", "x86");
  const auto figures = open_in_python(server->url(), "x86");
  ASSERT_TRUE(figures.is_object());
  for (const auto* way : {"pytorch", "pyfunc", "by_alias", "by_run", "serve"}) {
    EXPECT_EQ(difference(figures.at(way)), 0.0) << way;
  }
}

}  // namespace
}  // namespace assay::deploy
