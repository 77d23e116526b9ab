#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "app/classification.h"
#include "app/run_context.h"
#include "data/data_section.h"
#include "models/model.h"
#include "temporary_folder.h"
#include "train/options.h"

namespace assay::app {

/// A tracked run that remembers its params and tags.
class RecordingRun final : public track::Run {
 public:
  void log_params(const std::vector<track::KeyValue>& some) override {
    for (const auto& [key, value] : some) params[key] = value;
  }
  void set_tag(std::string_view key, std::string_view value) override { tags[std::string(key)] = value; }
  void log_metric(std::string_view, double, std::int64_t) override {}
  void log_artifact(const std::filesystem::path&, std::string_view) override {}
  void log_dataset(const track::DatasetInput&) override {}
  void log_model(const track::LoggedModel&) override {}
  std::unique_ptr<track::Run> start_child(const track::RunStart&) override { return std::make_unique<RecordingRun>(); }
  void finish(track::RunStatus) override {}
  track::Delivery delivery() const override { return {}; }

  std::map<std::string, std::string> params, tags;
};

/// What the stages of an experiment work with, on a few drawn images.
class StudyTest : public testing::Test {
 protected:
  StudyTest() {
    device_.budget_bytes = device_.memory_total_bytes = 4'000'000'000;
    record_["run_name"] = "run";
    options_.run.seed = 1;
  }

  ClassificationData draw_data(const std::string& how = "image_size = 16\nnum_train = 80\nnum_test = 20") {
    return load_data(context_, data::data_section("name = \"shapes\"\n" + how));
  }

  static config::Section section(const std::string& toml, const std::string& path) {
    return {config::parse_toml(toml, "options.toml"), path, config::Origin{"options.toml", 1, 1}};
  }

  static train::TrainOptions train_options() {
    train::TrainOptions options;
    options.epochs = 1;
    options.batch.cache = false;
    options.optimizer = section("name = \"sgd\"\nlr = 0.01\nmomentum = 0.0\nnesterov = false", "train.optimizer");
    options.schedule = section("name = \"constant\"", "train.schedule");
    return options;
  }

  static std::shared_ptr<models::Model> small_network(std::int64_t num_classes, std::int64_t num_channels = 4) {
    torch::manual_seed(3);
    auto model = std::make_shared<models::Model>();
    const auto conv =
        model->add_conv("conv", model->add_input(),
                        {.in_channels = 3, .out_channels = num_channels, .activation = models::Activation::kRelu});
    model->add_batch_norm("norm", conv, 1e-5, 0.1);
    model->add_linear("head", model->add_flatten(model->add_global_pool(conv)), num_channels, num_classes,
                      models::Activation::kNone);
    return model;
  }

  TemporaryFolder folder_;
  CommonOptions options_;
  device::Host host_;
  device::ChosenDevice device_;
  RecordingRun run_;
  std::vector<std::pair<std::string, std::string>> settings_;
  Json record_ = Json::object();
  RunContext context_{options_, host_, device_, folder_.path(), {}, run_, settings_, record_};
};

}  // namespace assay::app
