#include "app/batch_choice.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/error.h"
#include "train/state.h"
#include "train/step.h"

namespace assay::app {

device::BatchPlan choose_batch(RunContext& context, const ClassificationData& data, models::Model& throw_away,
                               const train::TrainOptions& options) {
  const auto& device = context.device;
  const auto num_train = static_cast<std::int64_t>(data.train.size());
  if (options.batch.global > num_train) {
    throw Error(ErrorKind::kConfig, fmt::format("train.batch.global = {}: there are only {} training images",
                                                options.batch.global, num_train));
  }
  throw_away.to(device.device);
  use_channels_last(throw_away);
  throw_away.train();
  const auto step = [&](std::int64_t num_samples) {
    train::TrainState state(options, throw_away, train::Precision::kFp32, device.device, 1);
    train::Stepper stepper(throw_away, *state.optimizer, state.scaler, state.ema ? &*state.ema : nullptr,
                           train::cross_entropy(options.label_smoothing), device.device, {num_samples});
    train::StepTimes times;
    const auto images = torch::zeros({num_samples, 3, data.image_height(), data.image_width()})
                            .contiguous(at::MemoryFormat::ChannelsLast);
    const data::Batch batch{images, torch::zeros({num_samples}, torch::kInt64)};
    stepper.step(batch, {}, 1.0, times);
  };
  const auto line = device::measure_memory_line(step);
  auto plan = device::plan_batch(options.batch, device::tier_of(device, context.options.device.tiers),
                                 device.budget_bytes, line);
  fmt::print(stderr,
             "batch: {} images a step in {} of up to {} ({}); predicted peak {:.0f} MB of a budget of {:.0f} MB\n",
             plan.global, plan.num_micro == 1 ? "one pass" : fmt::format("{} passes", plan.num_micro), plan.micro,
             plan.reason, plan.predicted_bytes / 1e6, static_cast<double>(device.budget_bytes) / 1e6);
  if (plan.num_micro > 1)
    fmt::print(stderr,
               "  BatchNorm sees {} images at a time: pin it with train.batch.micro={} to repeat this run elsewhere\n",
               plan.micro, plan.micro);
  context.run.log_params({{"chosen.batch.micro", std::to_string(plan.micro)},
                          {"chosen.batch.predicted_bytes", fmt::format("{:.0f}", plan.predicted_bytes)}});
  return plan;
}

}  // namespace assay::app
