// How much smaller and faster does int8 make a small image classifier, and what accuracy does it cost?
// Trains MobileNetV3-Small, compresses it, and compares all variants on test images that nothing was chosen on.
// Run:      household_compression experiment=demo          (drawn images; 4 minutes on 2 cores)
//           household_compression data=cifar10 data.folder=DIR
// Expected: README.md beside this file.

#include "app/batch_choice.h"
#include "app/run_main.h"
#include "app/training.h"
#include "app/variants.h"
#include "config/plugins.h"
#include "core/error.h"
#include "train/optimizers/optimizer.h"
#include "train/schedules/schedule.h"

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

std::vector<std::unique_ptr<compress::Technique>> make_techniques(const Options& options, config::Problems& problems) {
  std::vector<std::unique_ptr<compress::Technique>> techniques;
  for (const auto& key : options.techniques) {
    problems.collect(
        [&] { techniques.push_back(compress::make_technique(config::subsection(options.compress, key))); });
  }
  return techniques;
}

std::string check(const Options& options) {
  config::Problems problems;
  std::unique_ptr<data::Dataset> dataset;
  problems.collect([&] { dataset = data::make_dataset(options.data); });
  problems.collect([&] { data::read_loading_options(options.data); });
  problems.collect([&] { models::make_model(options.model, 2, 0); });
  problems.collect([&] { train::make_optimizer(options.train.optimizer, {}); });
  problems.collect([&] { train::make_schedule(options.train.schedule, 1, 1); });
  problems.collect([&] { train::check_range(options.train.range_test); });
  make_techniques(options, problems);
  problems.throw_if_any();
  return dataset->digest();
}

std::string run_name(const Options& options) {
  return fmt::format("{}-{}-s{}", options.data.name(), options.model.name(), options.run.seed);
}

void run(app::RunContext& context, const Options& options) {
  const auto seed = static_cast<std::uint64_t>(options.run.seed);
  const auto data = app::load_data(context, options.data);

  const auto throw_away = models::make_model(options.model, data.num_classes(), seed);
  const auto plan = app::choose_batch(context, data, *throw_away, options.train);

  const auto model = models::make_model(options.model, data.num_classes(), seed);
  context.record["model"] = {{"name", options.model.name()}, {"num_parameters", model->num_parameters()}};
  app::train_classifier(context, data, *model, options.train, plan);

  std::vector<app::Variant> variants = {app::export_float(context, data, *model)};
  config::Problems problems;
  for (const auto& technique : make_techniques(options, problems)) {
    variants.push_back(app::export_compressed(context, data, *model, *technique));
  }
  app::evaluate_variants(context, data, variants, options.latency, options.targets);
}

}  // namespace
}  // namespace assay

int main(int argc, char** argv) {
  const assay::app::Experiment<assay::Options> experiment{
      "household_compression",
      "Trains and compresses a small image classifier and compares size, latency and accuracy.", assay::check,
      assay::run_name, assay::run};
  return assay::app::run_main(experiment, argc, argv);
}
