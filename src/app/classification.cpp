#include "app/classification.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <cstdio>

#include "core/clock.h"
#include "core/error.h"
#include "core/terminal.h"

namespace assay::app {
namespace {

/// Shapes of images and labels in MLflow's form.
Json tensor_schema(const ClassificationData& data) {
  const auto tensor = [](const char* type, const std::vector<std::int64_t>& shape) {
    return Json{{"type", "tensor"}, {"tensor-spec", {{"dtype", type}, {"shape", shape}}}};
  };
  const auto images = tensor("uint8", {-1, 3, data.image_height(), data.image_width()});
  return {{"mlflow_tensorspec",
           {{"features", format_json(Json::array({images}))},
            {"targets", format_json(Json::array({tensor("int64", {-1})}))}}}};
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
  input.schema = format_json(tensor_schema(data));
  input.profile = format_json(Json{{"num_images", num_images}, {"num_classes", data.num_classes()}});
  return input;
}

}  // namespace

data::Partition divide_training_set(const at::Tensor& labels, double validation_fraction, std::int64_t seed) {
  auto partition = data::split_validation(labels, validation_fraction, static_cast<std::uint64_t>(seed));
  if (!partition.validation.empty() && !partition.train.empty()) return partition;
  throw Error(ErrorKind::kConfig,
              fmt::format("data.loader.validation_fraction = {} leaves {} images for training and {} for validation",
                          validation_fraction, partition.train.size(), partition.validation.size()),
              "", "the best epoch is chosen on validation images; 0.1 is usual");
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
  auto& num_workers = data.loading.loader.num_workers;
  if (!num_workers)
    num_workers = device::num_workers_of(device::tier_of(context.device, context.options.device.tiers), context.host);
  auto partition =
      divide_training_set(data.train_images.labels, data.loading.loader.validation_fraction, context.options.run.seed);
  data.train = std::move(partition.train);
  data.validation = std::move(partition.validation);
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
  print_status("data: {}; {} training, {} validation, {} test images, ready in {}\n", dataset->description(),
               data.train.size(), data.validation.size(), num_test, format_duration(watch.seconds()));
  const auto source = format_json(Json{{"name", data.name}, {"description", dataset->description()}});
  const auto log = [&](const char* split, std::int64_t count) {
    context.run.log_dataset(describe_split(data, split, count, digest, source));
  };
  log("training", static_cast<std::int64_t>(data.train.size()));
  log("validation", static_cast<std::int64_t>(data.validation.size()));
  log("test", num_test);
  return data;
}

}  // namespace assay::app
