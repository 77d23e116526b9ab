#include "app/compression_study.h"

#include <fmt/format.h>

#include <utility>

#include "app/batch_choice.h"
#include "app/data_check.h"
#include "app/image_memory.h"
#include "app/techniques.h"
#include "app/training.h"
#include "app/training_check.h"
#include "core/error.h"
#include "core/file.h"
#include "core/terminal.h"
#include "models/summary.h"

namespace assay::app {
namespace {

void check_untrained(const StudyOptions& options) {
  if (options.train.epochs > 0 || !models::weights_digest(options.model).empty()) return;
  throw Error(ErrorKind::kConfig, "train.epochs = 0 leaves random weights, since model.weights names none", "",
              "model.weights=FILE, model.weights=pretrained, or train.epochs=1 and more");
}

void check(const StudyOptions& options, const Machine& machine) {
  config::Problems problems;
  problems.collect([&] { models::check_model(options.model); });
  problems.collect([&] { check_untrained(options); });
  check_training(options.data, options.train, options.run.seed, machine, problems);
  check_exports(options.exports, make_techniques(options.compress, options.techniques, problems), problems);
  problems.throw_if_any();
}

void check_memory_of_study(const StudyOptions& options, const Machine& machine) {
  check_memory(machine, *data::make_dataset(options.data), options.model, options.train);
}

std::string inputs_digest(const StudyOptions& options) {
  const auto weights = models::weights_digest(options.model);
  return data::make_dataset(options.data)->digest() + (weights.empty() ? "" : " weights " + weights);
}

std::string run_name(const StudyOptions& options) {
  return fmt::format("{}-{}-s{}", options.data.name(), options.model.name(), options.run.seed);
}

std::string model_summary(const StudyOptions& options) {
  const auto dataset = data::make_dataset(options.data);
  const auto num_classes = static_cast<std::int64_t>(dataset->class_names().size());
  const auto model = models::make_model(options.model, num_classes, static_cast<std::uint64_t>(options.run.seed));
  const auto [height, width] = dataset->image_size();
  return models::summarise(*model, {data::kNumChannels, height, width});
}

void log_model_summary(RunContext& context, const models::Model& model, const ClassificationData& data) {
  constexpr auto kFile = "model_summary.txt";
  write_file_atomically(context.folder / kFile, models::summarise(model, data.image_shape()));
  context.run.log_artifact(context.folder / kFile, kFile);
}

void run(RunContext& context, const StudyOptions& options) {
  const auto seed = static_cast<std::uint64_t>(options.run.seed);
  auto data = load_data(context, options.data);
  check_data(context, data);
  keep_images(context, data);

  const auto make_model = [&] { return models::make_model(options.model, data.num_classes(), seed); };
  auto plan = resume_batch(context, data, options.train);
  if (!plan) plan = choose_batch(context, data, *make_model(), options.train);

  const auto model = make_model();
  context.record["model"] = {{"name", options.model.name()},
                             {"num_parameters", model->num_parameters()},
                             {"macs", model->count_macs(data.image_shape())}};
  log_model_summary(context, *model, data);
  if (options.train.epochs > 0) {
    train_classifier(context, data, *model, options.train, *plan);
  } else {
    context.record["training"] = {{"history", Json::array()}, {"epochs_planned", 0}};
    model->eval();
  }

  std::vector<Variant> variants = {export_float(context, data, model, options.exports)};
  config::Problems problems;
  for (const auto& technique : make_techniques(options.compress, options.techniques, problems)) {
    print_status("compressing: {}\n", technique.name);
    const auto applied = apply_technique(context, data, model, technique, options.train, *plan);
    variants.push_back(export_applied(context, data, technique.name, applied, options.exports));
  }
  evaluate_variants(context, data, variants, options.latency, options.targets);
}

void check_data_of_study(RunContext& context, const StudyOptions& options) {
  check_data_alone(context, load_data(context, options.data));
}

}  // namespace

Experiment<StudyOptions> compression_study(std::string name, std::string summary) {
  return {std::move(name), std::move(summary),   check, inputs_digest, run_name, run, check_data_of_study,
          model_summary,   check_memory_of_study};
}

}  // namespace assay::app
