#include "app/training_panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "app/machine_panel.h"
#include "core/clock.h"

namespace assay::app {
namespace {

std::string describe_batch(const TrainingPlan& plan, std::int64_t budget_bytes) {
  const auto& batch = plan.batch;
  double seconds = 0.0;
  for (const auto& step : plan.found.steps) seconds += step.seconds;
  auto text =
      fmt::format("{} images a step in {} of up to {} ({}); predicted peak {:.0f} MB of a budget of {:.0f} MB",
                  batch.global, batch.num_micro == 1 ? "one pass" : fmt::format("{} passes", batch.num_micro),
                  batch.micro, batch.reason, batch.predicted_bytes / 1e6, static_cast<double>(budget_bytes) / 1e6);
  if (plan.found.steps.empty()) return text;
  return text + fmt::format(", from {} steps in {:.1f} s", plan.found.steps.size(), seconds);
}

std::string describe_rate(const TrainingPlan& plan) {
  if (plan.batch.lr_factor == 1.0) return fmt::format("{:.4g}", plan.learning_rate());
  return fmt::format("{:.4g}: {:.4g} times {:.4g}, as the batch of {} asks", plan.learning_rate(), plan.base_rate,
                     plan.batch.lr_factor, plan.batch.global);
}

// Empty where classes count as often as they occur.
std::string describe_balance(const TrainingPlan& plan) {
  if (plan.data.loading.loader.sampling == "balanced") return "each class is drawn as often as another";
  if (plan.options.class_weights == "none") return "";
  return fmt::format("weighted in the loss ({})", plan.options.class_weights);
}

// Empty where the whole network is trained alike from the start.
std::string describe_backbone(const train::TrainOptions& options) {
  auto rate = options.backbone_lr_factor == 1.0
                  ? std::string()
                  : fmt::format("{:.4g} times the learning rate", options.backbone_lr_factor);
  const auto num_frozen = options.freeze_epochs;
  if (num_frozen == 0) return rate;
  if (num_frozen >= options.epochs) return "frozen in all epochs: only the last layer is trained";
  return fmt::format("frozen in the first {}{}{}", num_frozen == 1 ? "epoch" : fmt::format("{} epochs", num_frozen),
                     rate.empty() ? "" : ", then ", rate);
}

Facts describe_plan(const TrainingPlan& plan, std::int64_t budget_bytes) {
  const auto& data = plan.data;
  const auto num_workers = *data.loading.loader.num_workers;
  Facts facts = {{"images", fmt::format("{} x {} pixels, prepared by {} {}", data.image_width(), data.image_height(),
                                        num_workers, num_workers == 1 ? "thread" : "threads")},
                 {"batch", describe_batch(plan, budget_bytes)},
                 {"learning rate", describe_rate(plan)}};
  if (auto backbone = describe_backbone(plan.options); !backbone.empty()) {
    facts.emplace_back("backbone", std::move(backbone));
  }
  if (auto balance = describe_balance(plan); !balance.empty()) facts.emplace_back("classes", std::move(balance));
  if (plan.estimated_s > 0.0) {
    facts.emplace_back("time", fmt::format("about {} for all epochs", format_duration(plan.estimated_s)));
  }
  if (const auto side = std::max(data.image_height(), data.image_width()); side > plan.largest_side) {
    facts.emplace_back("note", fmt::format("images of {} pixels are larger than the {} that this class of device is "
                                           "meant for: expect slow epochs and small micro batches",
                                           side, plan.largest_side));
  }
  if (plan.batch.num_micro > 1 && plan.has_batch_norm) {
    facts.emplace_back("note", fmt::format("BatchNorm sees {} images at a time: pin it with train.batch.micro={} to "
                                           "repeat this run elsewhere",
                                           plan.batch.micro, plan.batch.micro));
  }
  return facts;
}

void log_plan(RunContext& context, const TrainingPlan& plan) {
  const auto& batch = plan.batch;
  context.run.log_params(chosen_params(context.device));
  context.run.log_params({{"chosen.batch.global", std::to_string(batch.global)},
                          {"chosen.batch.micro", std::to_string(batch.micro)},
                          {"chosen.batch.accumulation", std::to_string(batch.num_micro)},
                          {"chosen.batch.lr_factor", fmt::format("{:.6g}", batch.lr_factor)},
                          {"chosen.image_size", std::to_string(plan.data.image_height())},
                          {"chosen.loader.num_workers", std::to_string(*plan.data.loading.loader.num_workers)},
                          {"chosen.learning_rate", fmt::format("{:.6g}", plan.learning_rate())}});
  // What differs from day to day is no parameter: two equal runs would compare as different.
  context.run.set_tag("assay.budget_bytes", std::to_string(context.device.budget_bytes));
  context.run.set_tag("assay.budget_bounded_by", context.device.bounded_by);
  context.run.set_tag("assay.predicted_bytes", fmt::format("{:.0f}", batch.predicted_bytes));
  context.run.set_tag("assay.estimated_s", fmt::format("{:.1f}", plan.estimated_s));
}

Json to_json(const TrainingPlan& training) {
  const auto& found = training.found;
  const auto& plan = training.batch;
  auto steps = Json::array();
  for (const auto& step : found.steps) {
    steps.push_back({{"samples", step.num_samples},
                     {"peak_bytes", step.peak_bytes},
                     {"seconds", step.seconds},
                     {"verdict", step.verdict}});
  }
  return {{"global", plan.global},
          {"micro", plan.micro},
          {"accumulation", plan.num_micro},
          {"reason", plan.reason},
          {"lr_factor", plan.lr_factor},
          {"learning_rate", training.learning_rate()},
          {"num_workers", *training.data.loading.loader.num_workers},
          {"estimated_s", training.estimated_s},
          {"predicted_bytes", plan.predicted_bytes},
          {"fixed_bytes", found.line.fixed_bytes},
          {"bytes_per_sample", found.line.bytes_per_sample},
          {"is_linear", found.is_linear},
          {"probe_steps", steps}};
}

}  // namespace

void tell_plan(RunContext& context, const TrainingPlan& plan) {
  print_panel("training", describe_plan(plan, context.device.budget_bytes));
  log_plan(context, plan);
  context.record["batch"] = to_json(plan);
}

}  // namespace assay::app
