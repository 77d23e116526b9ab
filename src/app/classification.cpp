#include "app/classification.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <cstdio>

#include "app/sample_images.h"
#include "core/clock.h"
#include "core/error.h"
#include "data/split.h"

namespace assay::app {
namespace {

constexpr std::int64_t kEvaluationBatch = 250;

std::uint64_t seed_of(const RunContext& context) { return static_cast<std::uint64_t>(context.options.run.seed); }

Json to_json(const train::Epoch& epoch) {
  return {{"epoch", epoch.epoch},
          {"train/loss", epoch.train_loss},
          {"train/accuracy", epoch.train_accuracy},
          {"val/loss", epoch.validation_loss},
          {"val/accuracy", epoch.validation_accuracy},
          {"lr", epoch.learning_rate},
          {"seconds", epoch.seconds},
          {"images_per_second", epoch.images_per_second}};
}

void print_epoch(const train::Epoch& epoch, std::int64_t num_epochs) {
  fmt::print(stderr,
             "epoch {:>3}/{}  loss {:.4f}  val loss {:.4f}  val accuracy {:.2f} %  lr {:.4f}  {:.0f} images/s  {}\n",
             epoch.epoch, num_epochs, epoch.train_loss, epoch.validation_loss, epoch.validation_accuracy * 100.0,
             epoch.learning_rate, epoch.images_per_second, format_duration(epoch.seconds));
}

train::TrainOptions shorten(train::TrainOptions options) {
  if (options.trial.fast_dev_run) options.epochs = 1;
  return options;
}

train::Precision choose_precision(RunContext& context, const train::TrainOptions& options) {
  const auto precision = train::parse_precision(options.precision == "auto" ? "fp32" : options.precision);
  train::check_precision(precision, context.device.device, context.host.isa);
  context.run.log_params({{"chosen.precision", train::to_string(precision)}});
  return precision;
}

struct Loaders {
  data::Loader train;
  data::Loader validation;
};

Loaders make_loaders(const ClassificationData& data, const train::TrainOptions& options, std::int64_t batch_size,
                     std::uint64_t seed) {
  const auto& trial = options.trial;
  auto loading = data.loading;
  auto train_places = data.train;
  auto validation_places = data.validation;
  if (trial.overfit_batches > 0) {
    loading.augment = {0, "zero", false};
    const auto count = std::min(static_cast<std::int64_t>(train_places.size()), trial.overfit_batches * batch_size);
    train_places = data::draw_places(train_places, count, seed);
    validation_places = train_places;
  }
  Loaders loaders{
      data::Loader::for_training(data.train_images, train_places, data.normalization, loading, batch_size, seed),
      data::Loader::for_evaluation(data.train_images, validation_places, data.normalization, kEvaluationBatch)};
  const auto limit = trial.fast_dev_run ? 1 : trial.limit_batches;
  if (limit > 0) loaders.train.limit(limit);
  if (limit > 0) loaders.validation.limit(limit);
  return loaders;
}

void log_profile(RunContext& context) {
  for (const auto* name : {"profile/trace.json", "profile/operations.txt"}) {
    const auto file = context.folder / name;
    if (std::filesystem::exists(file)) context.run.log_artifact(file, name);
  }
}

/// Shapes of images and labels in MLflow's form.
Json tensor_schema(const ClassificationData& data) {
  const auto tensor = [](const char* type, const std::vector<std::int64_t>& shape) {
    return Json{{"type", "tensor"}, {"tensor-spec", {{"dtype", type}, {"shape", shape}}}};
  };
  const auto images = tensor("uint8", {-1, 3, data.image_height(), data.image_width()});
  return {{"mlflow_tensorspec",
           {{"features", Json::array({images}).dump()}, {"targets", Json::array({tensor("int64", {-1})}).dump()}}}};
}

track::DatasetInput describe_split(const ClassificationData& data, const std::string& split, std::int64_t num_images,
                                   const std::string& digest, const std::string& source) {
  track::DatasetInput input;
  input.name = data.name + "-" + split;
  // MLflow tells data sets apart by name and digest; the splits of one share their files.
  input.digest = digest.substr(0, 36);
  input.context = split;
  input.source_type = "assay";
  input.source = source;
  input.schema = tensor_schema(data).dump();
  input.profile = Json{{"num_images", num_images}, {"num_classes", data.num_classes()}}.dump();
  return input;
}

}  // namespace

void use_channels_last(models::Model& model) {
  for (auto& parameter : model.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

ClassificationData load_data(RunContext& context, const config::Section& section) {
  const auto dataset = data::make_dataset(section);
  const Stopwatch watch;
  ClassificationData data{section.name(),
                          dataset->class_names(),
                          {dataset->mean(), dataset->std()},
                          data::read_loading_options(section),
                          dataset->load(data::Split::kTrain),
                          dataset->load(data::Split::kTest),
                          {},
                          {}};
  auto partition =
      data::split_validation(data.train_images.labels, data.loading.loader.validation_fraction, seed_of(context));
  data.train = std::move(partition.train);
  data.validation = std::move(partition.validation);
  if (data.validation.empty() || data.train.empty()) {
    throw Error(ErrorKind::kConfig,
                fmt::format("data.loader.validation_fraction = {} leaves {} images for training and {} for validation",
                            data.loading.loader.validation_fraction, data.train.size(), data.validation.size()));
  }
  const auto num_test = data.test_images.labels.size(0);
  const auto digest = dataset->digest();
  context.record["dataset"] = {{"name", data.name},
                               {"description", dataset->description()},
                               {"digest", digest},
                               {"classes", data.class_names},
                               {"num_train", data.train.size()},
                               {"num_validation", data.validation.size()},
                               {"num_test", num_test},
                               {"image_size", data.image_height()}};
  fmt::print(stderr, "data: {}; {} training, {} validation, {} test images, ready in {}\n", dataset->description(),
             data.train.size(), data.validation.size(), num_test, format_duration(watch.seconds()));
  const auto source = Json{{"name", data.name}, {"description", dataset->description()}}.dump();
  const auto log = [&](const char* split, std::int64_t count) {
    context.run.log_dataset(describe_split(data, split, count, digest, source));
  };
  log("training", static_cast<std::int64_t>(data.train.size()));
  log("validation", static_cast<std::int64_t>(data.validation.size()));
  log("test", num_test);
  return data;
}

void train_classifier(RunContext& context, const ClassificationData& data, models::Model& model,
                      const train::TrainOptions& options, const device::BatchPlan& plan) {
  const auto seed = seed_of(context);
  const auto precision = choose_precision(context, options);
  if (options.dropout) train::set_dropout_rate(model, *options.dropout);
  model.to(context.device.device);
  use_channels_last(model);
  auto loaders = make_loaders(data, options, plan.global, seed);
  log_augmented_images(context, data, loaders.train);
  auto& record = context.record["training"];
  record = {{"history", Json::array()},
            {"epochs_planned", options.epochs},
            {"batch_global", plan.global},
            {"batch_micro", plan.micro},
            {"precision", train::to_string(precision)}};
  const auto on_epoch = [&](const train::Epoch& epoch) {
    record["history"].push_back(to_json(epoch));
    print_epoch(epoch, options.epochs);
  };
  const train::TrainInput input{model,
                                loaders.train,
                                loaders.validation,
                                context.device.device,
                                {plan.micro, options.clip_norm, precision, seed},
                                context.folder,
                                context.settings,
                                context.run,
                                on_epoch};
  const auto result = train::train(shorten(options), input);
  record["best_epoch"] = result.best_epoch;
  record["stopped_early"] = result.stopped_early;
  record["ending"] = result.ending;
  record["resumed_at_step"] = result.resumed_at_step;
  if (options.profile) log_profile(context);
  model.to(torch::kCPU);
  model.eval();
}

}  // namespace assay::app
