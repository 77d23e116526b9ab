#include "app/batch_choice.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>

#include "app/training.h"
#include "app/training_panel.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/json.h"
#include "core/sha256.h"
#include "device/batch_cache.h"
#include "device/out_of_memory.h"
#include "train/batch_norm.h"
#include "train/state.h"
#include "train/step.h"

namespace assay::app {
namespace {

constexpr std::int64_t kScarce = 1'000'000'000;  // bytes: below, a training may not fit at all

// Performs the steps of training on a throw-away model, so that their memory can be measured.
class Probe {
 public:
  Probe(const Machine& machine, data::ImageSize size, std::int64_t num_workers, models::Model& model,
        const train::TrainOptions& options, std::unique_ptr<device::LaunchGraph> graph = nullptr)
      : device_(machine.device.device),
        num_waiting_(2 * num_workers + 1),
        height_(size.height),
        width_(size.width),
        model_(model),
        options_(options),
        precision_(choose_precision(machine, options)),
        state_(options, model, precision_, device_, /*steps_per_epoch=*/1),
        graph_(std::move(graph)) {
    state_.keep_as_best();  // training keeps a copy of the best weights
  }

  void step(std::int64_t num_samples) {
    // The loader holds so many batches ready, and one is in use.
    const auto waiting = images_of(num_waiting_ * options_.batch.global.value_or(num_samples));
    const data::Batch batch{torch::zeros_like(images_of(num_samples)), torch::zeros({num_samples}, torch::kInt64)};
    train::Stepper stepper(model_, state_, train::cross_entropy(options_.label_smoothing), device_,
                           {num_samples, options_.clip_norm, precision_, /*seed=*/0, /*halves=*/false, graph_.get()});
    train::StepTimes times;
    model_.train();
    stepper.step(batch, {.num_norm_steps = train::kSettledSteps}, 1.0, times);
    if (!has_evaluated_) evaluate(evaluation_batch(num_samples));
  }

  // Tries smaller images, half the side each time.
  std::string suggest_image_size(std::int64_t num_samples) {
    constexpr std::int64_t kSmallestSide = 8;
    while (std::min(height_, width_) >= 2 * kSmallestSide) {
      height_ /= 2;
      width_ /= 2;
      if (device::ran_within_memory([&] { step(num_samples); }))
        return fmt::format("images of {} x {} pixels would fit; ", width_, height_);
    }
    return "no image size would fit; ";
  }

  double learning_rate() const { return state_.optimizer->learning_rate(); }

 private:
  at::Tensor images_of(std::int64_t count) const {
    return torch::empty({count, data::kNumChannels, height_, width_}, at::MemoryFormat::ChannelsLast);
  }

  void evaluate(std::int64_t num_samples) {
    constexpr std::int64_t kWaiting = 3;  // of one worker
    const torch::NoGradGuard no_grad;
    const train::PrecisionScope precision(precision_, device_);
    model_.eval();
    const auto waiting = images_of(kWaiting * num_samples);
    const auto logits = model_.forward(images_of(num_samples).to(device_));
    logits.sum().item<float>();  // waits for an accelerator
    has_evaluated_ = true;
  }

  c10::Device device_;
  std::int64_t num_waiting_, height_, width_;
  models::Model& model_;
  const train::TrainOptions& options_;
  train::Precision precision_;
  train::TrainState state_;
  std::unique_ptr<device::LaunchGraph> graph_;
  bool has_evaluated_ = false;
};

// All of the model's options: one that leaves shapes of parameters alone, such as a stride, still changes what is kept.
Json describe_model(const RunContext& context, const models::Model& model) {
  Sha256 hash;
  for (const auto& parameter : model.named_parameters()) {
    hash.update(fmt::format("{} [{}]\n", parameter.key(), fmt::join(parameter.value().sizes(), ",")));
  }
  for (const auto& node : model.named_modules()) hash.update(node.key() + node.value()->name() + "\n");
  for (const auto& [key, value] : context.settings) {
    if (key.starts_with("model.")) hash.update(fmt::format("{} = {}\n", key, value));
  }
  return hash.finish();
}

// Holds all that the size depends on, but for the build and the budget.
Json describe_search(const RunContext& context, const ClassificationData& data, const models::Model& model,
                     const train::TrainOptions& options, const device::BatchSearch& search) {
  return {{"model", describe_model(context, model)},
          {"image", {data.image_height(), data.image_width()}},
          {"workers", *data.loading.loader.num_workers},
          {"optimizer", config::Value(options.optimizer.table(), options.optimizer.origin()).to_toml()},
          {"device", {context.device.device.str(), context.device.description, context.device.memory_total_bytes}},
          {"threads", at::get_num_threads()},
          {"precision", train::to_string(choose_precision(context, options))},
          {"averaged", options.ema.decay > 0.0},
          {"gradient_checkpointing", options.gradient_checkpointing},
          {"launch_graph", options.launch_graph},
          {"global", options.batch.global.value_or(0)},
          {"bounds", {search.smallest, search.largest, search.prefers_fast}}};
}

// Times one more step, since the first of a size also prepares its kernels. 0: its memory did not suffice.
double estimate_seconds(Probe& probe, const device::BatchPlan& plan, std::int64_t num_images) {
  const Stopwatch watch;
  if (!device::ran_within_memory([&] { probe.step(plan.micro); })) return 0.0;
  return watch.seconds() / static_cast<double>(plan.micro) * static_cast<double>(num_images);
}

// What a training was begun with: a run that goes on must not be sized anew, by the memory of another day.
std::filesystem::path plan_file(const RunContext& context) { return context.folder / "checkpoints" / "batch.json"; }

void keep_plan(const RunContext& context, const device::BatchPlan& plan, double base_rate) {
  write_json(plan_file(context), {{"global", plan.global},
                                  {"micro", plan.micro},
                                  {"accumulation", plan.num_micro},
                                  {"predicted_bytes", plan.predicted_bytes},
                                  {"lr_factor", plan.lr_factor},
                                  {"warmup_epochs", plan.warmup_epochs},
                                  {"base_rate", base_rate}});
}

}  // namespace

std::optional<device::BatchPlan> resume_batch(RunContext& context, const ClassificationData& data,
                                              const train::TrainOptions& options) {
  const auto file = plan_file(context);
  if (!goes_on(context, options) || !std::filesystem::exists(file)) return std::nullopt;
  try {
    const auto kept = read_json(file);
    const device::BatchPlan plan{kept.at("global"),          kept.at("micro"),         kept.at("accumulation"),
                                 kept.at("predicted_bytes"), "as this training began", kept.at("lr_factor"),
                                 kept.at("warmup_epochs")};
    tell_plan(context, {data,
                        options,
                        plan,
                        {},
                        device::tier_of(context.device, context.options.device.tiers).image_size,
                        /*has_batch_norm=*/false,
                        kept.at("base_rate"),
                        /*estimated_s=*/0.0});
    return plan;
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kData, fmt::format("this is no plan of a batch: {}", error.what()), file.string(),
                "train.checkpoint.resume=never begins the training anew");
  }
}

void check_memory(const Machine& machine, const data::Dataset& dataset, const config::Section& model_section,
                  const train::TrainOptions& options) {
  const auto& device = machine.device;
  if (!device.device.is_cpu() || device.budget_bytes >= kScarce) return;
  const auto num_classes = static_cast<std::int64_t>(dataset.class_names().size());
  const auto model = models::make_model(model_section, num_classes, /*seed=*/1);
  prepare_network(*model, options, device.device);
  const auto smallest = train::smallest_pass(*model);
  device::BatchSearch search;
  search.smallest = search.largest = smallest;
  search.budget_bytes = device.budget_bytes;
  auto with_one_pass = options;
  with_one_pass.batch.global = smallest;  // what waits in the loader is left for the search
  Probe probe(machine, dataset.image_size(), /*num_workers=*/0, *model, with_one_pass);
  search.what_would_fit = [&] { return probe.suggest_image_size(smallest); };
  const auto meter = device::make_memory_meter(device.device);
  device::find_micro_batch(search, *meter, [&](std::int64_t count) { probe.step(count); });
}

device::BatchPlan choose_batch(RunContext& context, const ClassificationData& data, models::Model& throw_away,
                               const train::TrainOptions& options) {
  const auto& device = context.device;
  const auto& tier = device::tier_of(device, context.options.device.tiers);
  const auto num_train = data.train.size();
  prepare_network(throw_away, options, device.device);
  const auto smallest = train::smallest_pass(throw_away);
  const bool batch_norm = smallest > 1;
  auto search = device::bound_search(options.batch, tier, num_train, smallest);
  search.budget_bytes = device.budget_bytes;
  // A size that changes the result must not depend on how fast the machine was just then.
  search.prefers_fast = !batch_norm && !options.deterministic;
  const device::BatchCache cache(device::batch_cache_folder(),
                                 describe_search(context, data, throw_away, options, search), device.budget_bytes);
  const bool is_cached = options.batch.cache && !device::batch_cache_folder().empty();
  if (is_cached) search.known = cache.find();

  Probe probe({context.options.device, context.host, device}, data.preprocessing.size, *data.loading.loader.num_workers,
              throw_away, options, choose_launch_graph(context, options).graph);
  search.what_would_fit = [&] { return probe.suggest_image_size(search.smallest); };
  const auto meter = device::make_memory_meter(device.device);
  const auto found = device::find_micro_batch(search, *meter, [&](std::int64_t count) { probe.step(count); });
  if (is_cached) cache.keep(found);
  auto plan = device::plan_batch(options.batch, found);
  tell_plan(context, {data, options, plan, found, tier.image_size, batch_norm, probe.learning_rate(),
                      estimate_seconds(probe, plan, num_train * options.epochs)});
  keep_plan(context, plan, probe.learning_rate());
  return plan;
}

}  // namespace assay::app
