#include "train/step.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "core/clock.h"
#include "core/error.h"
#include "core/rng.h"
#include "core/terminal.h"
#include "device/out_of_memory.h"
#include "train/batch_norm.h"
#include "train/state.h"

namespace assay::train {
namespace {

constexpr std::int64_t kFirstRecorded = 32;  // pass; before, BatchNorm's momentum changes too often

// Dropout draws from LibTorch's own generators; seeding them for each forward pass makes a step repeatable.
void seed_dropout(std::uint64_t seed, const StepPlace& place, std::int64_t first_image) {
  auto mixed = mix_seed(seed, static_cast<std::uint64_t>(Stream::kDropout));
  for (const auto part : {place.epoch, place.batch, first_image}) {
    mixed = mix_seed(mixed, static_cast<std::uint64_t>(part));
  }
  torch::manual_seed(mixed);
}

// Lists of one type take one kernel.
std::vector<at::Tensor> floats_first(std::vector<at::Tensor> tensors) {
  std::stable_partition(tensors.begin(), tensors.end(), [](const auto& each) { return each.is_floating_point(); });
  return tensors;
}

std::size_t count_floats(const std::vector<at::Tensor>& tensors) {
  return static_cast<std::size_t>(
      std::count_if(tensors.begin(), tensors.end(), [](const auto& each) { return each.is_floating_point(); }));
}

at::Tensor norm_of(const std::vector<at::Tensor>& tensors) { return at::stack(at::_foreach_norm(tensors, 2)).norm(); }

}  // namespace

Stepper::Stepper(models::Model& model, TrainState& state, Loss loss, c10::Device device, const StepOptions& options)
    : state_(state),
      device_(device),
      options_(options),
      parameters_(model.parameters()),
      buffers_(floats_first(model.buffers())),
      num_floats_(count_floats(buffers_)),
      smallest_pass_(smallest_pass(model)),
      norm_momentum_(model),
      pass_(model, std::move(loss), state.scaler, options.precision, device) {
  forget_recording();
  for (const auto& buffer : buffers_) buffers_before_.push_back(buffer.clone());
}

void Stepper::forget_recording() {
  if (options_.graph == nullptr) return;
  std::vector<at::Tensor> trained;
  std::copy_if(parameters_.begin(), parameters_.end(), std::back_inserter(trained),
               [](const auto& parameter) { return parameter.requires_grad(); });
  recorded_.emplace(pass_, std::move(trained), *options_.graph);
}

StepResult Stepper::step(const data::Batch& batch, const StepPlace& place, double rate_factor, StepTimes& times) {
  copy_buffers(buffers_before_, buffers_);
  accumulate_within_memory(batch, place, times);
  const Stopwatch watch;
  const torch::NoGradGuard no_grad;
  const auto gradients = this->gradients();
  const auto factor = state_.scaler.factor();
  // An accelerator is waited for once: it computes the norm before the loss is read.
  const auto numbers = at::stack({pass_.loss(), pass_.num_correct(), norm_of(gradients)}).cpu();
  const auto* number = numbers.const_data_ptr<float>();
  StepResult result{StepOutcome::kTaken, number[0], number[1], number[2] / factor};
  if (!std::isfinite(result.loss)) {
    result.outcome = StepOutcome::kNotFinite;
  } else if (!state_.scaler.unscale(gradients)) {
    result.outcome = StepOutcome::kOverflowed;
  } else if (!std::isfinite(result.gradient_norm)) {
    result.outcome = StepOutcome::kNotFinite;
  } else {
    clip(gradients, result.gradient_norm);
  }
  if (result.outcome == StepOutcome::kTaken) {
    state_.optimizer->step(rate_factor);
    if (state_.ema) state_.ema->update(place.step);
  } else {
    undo_forward();
  }
  state_.optimizer->zero_grad();
  times.optimizer += watch.seconds();
  return result;
}

PassInput Stepper::part_of(const data::Batch& batch, std::int64_t first, std::int64_t count) const {
  const auto num_images = batch.labels.size(0);
  const auto part = [&](const at::Tensor& whole) {
    return whole.defined() ? whole.narrow(0, first, count).to(device_, /*non_blocking=*/true) : whole;
  };
  return {part(batch.images), part(batch.labels), part(batch.other_labels), batch.share,
          static_cast<double>(count) / static_cast<double>(num_images)};
}

void Stepper::accumulate(const data::Batch& batch, const StepPlace& place, StepTimes& times) {
  const auto counts = divide_batch(batch.labels.size(0), options_.micro_batch, smallest_pass_);
  const auto usual = counts[counts.size() / 2];  // of at most two sizes, the one of more passes
  const auto num_norm_passes = place.num_norm_steps * static_cast<std::int64_t>(counts.size());
  const auto least_momentum = norm_momentum_.least(num_norm_passes);
  const NormMomentum::Scope scope(norm_momentum_, least_momentum);
  const bool records = recorded_ && num_norm_passes >= kFirstRecorded;
  if (records && least_momentum != std::exchange(recorded_momentum_, least_momentum)) forget_recording();
  if (records && recorded_->start_step(part_of(batch, 0, usual))) undo_forward();
  pass_.start_step();
  std::int64_t first = 0;
  for (const auto count : counts) {
    const Stopwatch watch;
    const auto input = part_of(batch, first, count);
    seed_dropout(options_.seed, place, first);
    first += count;
    const bool was_recorded = records && recorded_->run(input);
    const auto backward = was_recorded ? 0.0 : pass_.run(input).backward;
    times.forward += watch.seconds() - backward;
    times.backward += backward;
  }
}

void Stepper::accumulate_within_memory(const data::Batch& batch, const StepPlace& place, StepTimes& times) {
  if (!options_.halves) return accumulate(batch, place, times);
  while (!device::ran_within_memory([&] { accumulate(batch, place, times); })) {
    state_.optimizer->zero_grad();
    undo_forward();
    const auto tried = std::min(options_.micro_batch, batch.labels.size(0));
    if (tried <= 2) {
      throw Error(ErrorKind::kConfig, fmt::format("a training step of {} images does not fit into memory", tried), "",
                  "free memory, use a smaller image or model, or set train.gradient_checkpointing=true");
    }
    options_.micro_batch = (tried + 1) / 2;
    print_status("out of memory in epoch {}, batch {}: continuing with passes of {} images instead of {}\n",
                 place.epoch, place.batch, options_.micro_batch, tried);
  }
}

std::vector<at::Tensor> Stepper::gradients() const {
  std::vector<at::Tensor> gradients;
  for (const auto& parameter : parameters_) {
    if (parameter.grad().defined()) gradients.push_back(parameter.grad());
  }
  return gradients;
}

// Like torch.nn.utils.clip_grad_norm_, with its 1e-6.
void Stepper::clip(const std::vector<at::Tensor>& gradients, double norm) const {
  if (options_.clip_norm > 0.0 && norm > options_.clip_norm)
    at::_foreach_mul_(gradients, options_.clip_norm / (norm + 1e-6));
}

void Stepper::copy_buffers(at::TensorList to, at::TensorList from) const {
  if (num_floats_ > 0) at::_foreach_copy_(to.slice(0, num_floats_), from.slice(0, num_floats_));
  if (num_floats_ < from.size()) at::_foreach_copy_(to.slice(num_floats_), from.slice(num_floats_));
}

void Stepper::undo_forward() {
  const torch::NoGradGuard no_grad;
  copy_buffers(buffers_, buffers_before_);
}

}  // namespace assay::train
