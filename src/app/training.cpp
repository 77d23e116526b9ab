#include "app/training.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <cstdio>

#include "app/sample_images.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/json.h"
#include "core/terminal.h"
#include "data/split.h"
#include "train/dropout.h"
#include "train/loop.h"
#include "train/range_test.h"
#include "train/snapshot.h"

namespace assay::app {
namespace {

std::uint64_t seed_of(const RunContext& context) { return static_cast<std::uint64_t>(context.options.run.seed); }

Json to_json(const train::Epoch& epoch) {
  return {{"epoch", epoch.epoch},
          {"train/loss", epoch.train_loss},
          {"train/accuracy", epoch.train_accuracy},
          {"val/loss", epoch.validation_loss},
          {"val/accuracy", epoch.validation_accuracy},
          {"val/macro_f1", epoch.validation_macro_f1},
          {"val/balanced_accuracy", epoch.validation_balanced_accuracy},
          {"lr", epoch.learning_rate},
          {"seconds", epoch.seconds},
          {"images_per_second", epoch.images_per_second},
          {"peak_memory_mb", epoch.peak_memory_mb},
          {"skipped_steps", epoch.num_skipped}};
}

void print_epoch(const train::Epoch& epoch, std::int64_t num_epochs) {
  print_status("epoch {:>3}/{}  loss {:.4f}  val loss {:.4f}  val accuracy {:.2f} %  lr {:.4f}  {:.0f} images/s  {}\n",
               epoch.epoch, num_epochs, epoch.train_loss, epoch.validation_loss, epoch.validation_accuracy * 100.0,
               epoch.learning_rate, epoch.images_per_second, format_duration(epoch.seconds));
}

struct Loaders {
  data::Loader train;
  data::Loader validation;
};

Loaders make_loaders(const ClassificationData& data, const train::TrainOptions& options, const device::BatchPlan& plan,
                     std::uint64_t seed, Rank rank) {
  const auto batch_size = plan.global;
  const auto& trial = options.trial;
  auto loading = data.loading;
  auto train = data.train;
  auto validation = data.validation;
  if (trial.overfit_batches > 0) {
    loading.augment = {};
    train.places = data::draw_places(train.places, trial.overfit_batches * batch_size, seed);
    validation = train;
  }
  Loaders loaders{
      data::Loader::for_training(std::move(train), data.preprocessing, loading, batch_size, seed, rank),
      data::Loader::for_evaluation(std::move(validation), data.preprocessing, evaluation_batch(plan.micro))};
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

void log_range_test(RunContext& context, const std::filesystem::path& file) {
  const auto test = read_json(file);
  const auto& points = test["points"];
  for (const auto& point : points) {
    for (const auto* key : {"loss", "lr"}) {
      context.run.log_metric(std::string("range_test/") + key, point[key].get<double>(), point["step"]);
    }
  }
  context.run.log_artifact(file, file.filename().string());
  const auto& suggested = test["suggested_lr"];
  print_status("range test: {} steps, then {}; {}; this run keeps its own rate\n", points.size(),
               test["ended"].get<std::string>(),
               suggested.is_null()
                   ? "the loss hardly fell, so none is suggested"
                   : fmt::format("the loss falls fastest at train.optimizer.lr={:.2g}", suggested.get<double>()));
  context.record["training"]["range_test"] = test;
}

// A training that goes on from a checkpoint has had its test, whose result still lies there.
void search_learning_rate(RunContext& context, const train::TrainOptions& options, const train::TrainInput& input) {
  const auto file = context.folder / "range_test.json";
  if (!goes_on(context, options)) write_json(file, train::to_json(train::test_range(options, input)));
  if (std::filesystem::exists(file)) log_range_test(context, file);
}

}  // namespace

bool goes_on(const RunContext& context, const train::TrainOptions& options) {
  return options.checkpoint.resume == "auto" && !train::SnapshotFolder(context.folder / "checkpoints").empty();
}

train::Precision choose_precision(const RunContext& context, const train::TrainOptions& options) {
  return choose_precision({context.options.device, context.host, context.device}, options);
}

train::Precision choose_precision(const Machine& machine, const train::TrainOptions& options) {
  const auto& tier = device::tier_of(machine.device, machine.options.tiers);
  const auto precision = train::parse_precision(options.precision == "auto" ? tier.precision : options.precision);
  train::check_precision(precision, machine.device.device, machine.host.isa);
  return precision;
}

GraphChoice choose_launch_graph(const RunContext& context, const train::TrainOptions& options) {
  if (!options.launch_graph || !context.device.device.is_cuda()) return {};
  try {
    return {device::make_launch_graph(context.device.device), ""};
  } catch (const Error& error) {
    return {nullptr, error.what()};
  }
}

void prepare_network(models::Model& model, const train::TrainOptions& options, c10::Device device) {
  if (options.dropout >= 0.0) train::set_dropout_rate(model, options.dropout);
  model.set_gradient_checkpointing(options.gradient_checkpointing);
  model.to(device);
  for (auto& parameter : model.parameters()) {
    if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
  }
}

namespace {

/// Puts the name of a stage before the keys of its points.
class StageSink final : public MetricSink {
 public:
  StageSink(MetricSink& sink, std::string prefix) : sink_(sink), prefix_(std::move(prefix)) {}

  void log_metric(std::string_view key, double value, std::int64_t step) override {
    sink_.log_metric(prefix_ + std::string(key), value, step);
  }

 private:
  MetricSink& sink_;
  std::string prefix_;
};

/// Where a training keeps its files, and what is its own beside the options.
struct Stage {
  std::filesystem::path folder;
  MetricSink& sink;
  Json& record;
  train::Loss loss = {};
  double rate_factor = 1.0;
  std::function<void(std::int64_t step, std::int64_t num_steps)> before_step = {};
  bool has_statistics = false;
  bool holds_zeros = false;
};

// `before` is called with what training will work on.
template <typename Before>
train::TrainResult train_in(RunContext& context, const ClassificationData& data, models::Model& model,
                            const train::TrainOptions& options, const device::BatchPlan& plan, const Stage& stage,
                            const Before& before) {
  const auto precision = choose_precision(context, options);
  const auto launch = choose_launch_graph(context, options);
  if (!launch.refusal.empty()) print_status("each kernel is launched by itself: {}\n", launch.refusal);
  prepare_network(model, options, context.device.device);
  auto loaders = make_loaders(data, options, plan, seed_of(context), context.rank);
  if (context.options.device.pinned_memory && context.device.device.is_cuda()) {
    loaders.train.pin_memory();
    loaders.validation.pin_memory();
  }
  auto& record = stage.record;
  record = {{"history", Json::array()},
            {"epochs_planned", options.epochs},
            {"batch_global", plan.global},
            {"batch_micro", plan.micro},
            {"precision", train::to_string(precision)}};
  const auto on_epoch = [&](const train::Epoch& epoch) {
    record["history"].push_back(to_json(epoch));
    print_epoch(epoch, options.epochs);
  };
  const train::StepOptions step{plan.micro,       options.clip_norm, precision,
                                seed_of(context), /*halves=*/true,   launch.graph.get()};
  const train::TrainInput input{model,
                                loaders.train,
                                loaders.validation,
                                context.device.device,
                                step,
                                stage.folder,
                                context.settings,
                                stage.sink,
                                on_epoch,
                                stage.loss,
                                plan.lr_factor * stage.rate_factor,
                                plan.warmup_epochs,
                                stage.before_step,
                                stage.has_statistics,
                                stage.holds_zeros};
  before(input, launch.graph != nullptr);
  auto result = train::train(options, input);
  record["best_epoch"] = result.best_epoch;
  record["stopped_early"] = result.stopped_early;
  record["ending"] = result.ending;
  record["batch_micro"] = result.micro_batch;
  record["resumed_at_step"] = result.resumed_at_step;
  model.to(torch::kCPU);
  model.eval();
  return result;
}

// BatchNorm's running statistics lag behind in short trainings of slow momentum: evaluation then sees another network
// than training does.
void warn_of_chance(const Json& history, std::int64_t num_classes) {
  if (history.empty()) return;
  const auto chance = 1.0 / static_cast<double>(num_classes);
  const auto& last = history.back();
  const auto train = last["train/accuracy"].get<double>(), validation = last["val/accuracy"].get<double>();
  if (validation > 1.5 * chance || train < 2.0 * chance) return;
  print_status(
      "note: {:.1f} % on validation images is about what guessing gives, and {:.1f} % on training images is "
      "not: BatchNorm's running statistics lag behind\n  hint: train.batch_norm_batches=200 computes them anew "
      "at the end; more epochs help, too\n",
      validation * 100.0, train * 100.0);
}

}  // namespace

void train_classifier(RunContext& context, const ClassificationData& data, models::Model& model,
                      const train::TrainOptions& asked, const device::BatchPlan& plan) {
  auto options = asked;
  if (options.trial.fast_dev_run) options.epochs = 1;
  const Stage stage{context.folder, context.run, context.record["training"]};
  const auto result = train_in(context, data, model, options, plan, stage, [&](const auto& input, bool is_recorded) {
    context.run.log_params({{"chosen.precision", train::to_string(input.step.precision)},
                            {"chosen.launch_graph", is_recorded ? "true" : "false"}});
    log_augmented_images(context, data, input.train);
    if (options.range_test.steps > 0) search_learning_rate(context, options, input);
  });
  warn_of_chance(context.record["training"]["history"], data.num_classes());
  if (result.resumed_at_step > 0) {
    context.run.set_tag("assay.resumed_at_step", std::to_string(result.resumed_at_step));
  }
  if (options.profile) log_profile(context);
}

void train_stage(RunContext& context, const ClassificationData& data, models::Model& model,
                 const train::TrainOptions& asked, const device::BatchPlan& plan, const std::string& name,
                 const compress::TrainRequest& request) {
  auto options = asked;
  options.epochs = options.trial.fast_dev_run ? 1 : request.epochs;
  options.profile = false;
  options.launch_graph = options.launch_graph && request.is_alike;
  options.freeze_epochs = 0;  // what the main training began with is trained by now
  if (request.keeps_last) {
    options.keep = "last";
    options.patience = options.epochs;
  }
  StageSink sink(context.run, fmt::format("stages/{}/", name));
  print_status("training stage {}: {} epochs\n", name, options.epochs);
  const Stage stage{context.folder / "stages" / name,
                    sink,
                    context.record["stages"][name],
                    request.loss,
                    request.rate_factor,
                    request.before_step,
                    /*has_statistics=*/true,
                    request.holds_zeros};
  train_in(context, data, model, options, plan, stage, [](const auto&, bool) {});
}

}  // namespace assay::app
