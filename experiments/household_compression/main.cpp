// How much smaller and faster does int8 make a small image classifier, and what accuracy does it cost?
// Trains MobileNetV3-Small, compresses it, and compares all variants on test images that nothing was chosen on.
// Run:      household_compression experiment=demo          (drawn images; 4 minutes on 2 cores)
//           household_compression data=cifar10 data.folder=DIR
// Expected: README.md beside this file.

#include "app/batch_choice.h"
#include "app/run_main.h"
#include "app/training.h"
#include "app/training_check.h"
#include "app/variants.h"
#include "config/plugins.h"

namespace assay {
namespace {

struct Options {
  app::RunOptions run;
  config::Section data;
  config::Section model;
  train::TrainOptions train;
  std::vector<std::string> techniques;
  config::Section compress;
  app::LatencyBenchmark latency;
  app::Targets targets;
  device::DeviceOptions device;
  config::Section track;

  static auto schema() {
    return config::schema<Options>(
        config::field("run", &Options::run, "identity of the run"),
        config::plugin("data", &Options::data, data::describe_datasets, "which images"),
        config::plugin("model", &Options::model, models::describe_models, "which network"),
        config::field("train", &Options::train, "training"),
        config::field("techniques", &Options::techniques, "which tables of compress are used, in this order"),
        config::plugins("compress", &Options::compress, compress::describe_techniques, "one table a technique"),
        config::field("latency", &Options::latency, "how latency is measured"),
        config::field("targets", &Options::targets, "what compression should reach"),
        config::field("device", &Options::device, "where to train, within which memory"),
        config::plugin("track", &Options::track, track::describe_backends,
                       "where runs are recorded beside their folder"));
  }
};

void check(const Options& options, const app::Machine& machine) {
  config::Problems problems;
  problems.collect([&] { models::make_model(options.model, 2, 0); });
  app::check_training(options.data, options.train, options.run.seed, machine, problems);
  app::make_techniques(options.compress, options.techniques, problems);
  problems.throw_if_any();
}

std::string data_digest(const Options& options) { return data::make_dataset(options.data)->digest(); }

std::string run_name(const Options& options) {
  return fmt::format("{}-{}-s{}", options.data.name(), options.model.name(), options.run.seed);
}

void run(app::RunContext& context, const Options& options) {
  const auto seed = static_cast<std::uint64_t>(options.run.seed);
  const auto data = app::load_data(context, options.data);

  const auto make_model = [&] { return models::make_model(options.model, data.num_classes(), seed); };
  auto plan = app::resume_batch(context, data, options.train);
  if (!plan) plan = app::choose_batch(context, data, *make_model(), options.train);

  const auto model = make_model();
  context.record["model"] = {{"name", options.model.name()}, {"num_parameters", model->num_parameters()}};
  app::train_classifier(context, data, *model, options.train, *plan);

  std::vector<app::Variant> variants = {app::export_float(context, data, *model)};
  config::Problems problems;
  for (const auto& named : app::make_techniques(options.compress, options.techniques, problems)) {
    variants.push_back(app::export_compressed(context, data, *model, named));
  }
  app::evaluate_variants(context, data, variants, options.latency, options.targets);
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  const assay::app::Experiment<assay::Options> experiment{
      "household_compression",
      "Trains and compresses a small image classifier and compares size, latency and accuracy.",
      assay::check,
      assay::data_digest,
      assay::run_name,
      assay::run};
  return assay::app::run_main(experiment, argc, argv);
}
