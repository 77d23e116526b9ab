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
  const auto images = tensor("uint8", {-1, data::kNumChannels, data.image_height(), data.image_width()});
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
  ClassificationData data{.name = section.name(),
                          .class_names = dataset->class_names(),
                          .preprocessing = {},
                          .loading = data::read_loading_options(section),
                          .train = data::all_samples(dataset->open(data::Split::kTrain)),
                          .validation = {},
                          .test = data::all_samples(dataset->open(data::Split::kTest))};
  auto& loader = data.loading.loader;
  data.preprocessing = {dataset->image_size(), dataset->normalization(), loader.fit};
  if (!loader.num_workers) {
    loader.num_workers =
        device::num_workers_of(device::tier_of(context.device, context.options.device.tiers), context.host);
  }
  if (auto validation = dataset->open(data::Split::kValidation)) {
    data.validation = data::all_samples(std::move(validation));
  } else {
    auto partition =
        divide_training_set(data.train.source->labels(), loader.validation_fraction, context.options.run.seed);
    data.train.places = std::move(partition.train);
    data.validation = {data.train.source, std::move(partition.validation)};
  }
  const auto digest = dataset->digest();
  context.record["dataset"] = {{"name", data.name},
                               {"description", dataset->description()},
                               {"digest", digest},
                               {"classes", data.class_names},
                               {"num_train", data.train.size()},
                               {"num_validation", data.validation.size()},
                               {"num_test", data.test.size()},
                               {"image_size", data.image_height()}};
  print_status("data: {}; {} training, {} validation, {} test images, ready in {}\n", dataset->description(),
               data.train.size(), data.validation.size(), data.test.size(), format_duration(watch.seconds()));
  const auto source = format_json(Json{{"name", data.name}, {"description", dataset->description()}});
  const auto log = [&](const char* split, std::int64_t count) {
    context.run.log_dataset(describe_split(data, split, count, digest, source));
  };
  log("training", data.train.size());
  log("validation", data.validation.size());
  log("test", data.test.size());
  return data;
}

}  // namespace assay::app
