#include "train/state.h"

#include <torch/torch.h>

#include "train/backbone.h"

namespace assay::train {
namespace {

void append(NamedTensors& all, const std::string& prefix, const NamedTensors& some) {
  for (const auto& [name, value] : some) all.emplace_back(prefix + name, value);
}

std::vector<Parameter> parameters_of(const models::Model& model, const TrainOptions& options) {
  if (options.freeze_epochs == 0 && options.backbone_lr_factor == 1.0) return named_parameters(model);
  return parameters_by_part(model, options.backbone_lr_factor);
}

}  // namespace

TrainState::TrainState(const TrainOptions& options, models::Model& model, Precision precision, c10::Device device,
                       std::int64_t steps_per_epoch)
    : optimizer(make_optimizer(options.optimizer, parameters_of(model, options))),
      schedule(make_schedule(options.schedule, options.epochs * steps_per_epoch, steps_per_epoch)),
      scaler(precision, device),
      model_(model) {
  if (options.ema.decay > 0.0) ema.emplace(model, options.ema);
}

void TrainState::keep_as_best() {
  best_.clear();
  for (const auto& [name, value] : model_tensors()) best_.emplace_back(name, value.detach().clone());
}

void TrainState::use_best() const { restore_tensors(best_, model_tensors()); }

Snapshot TrainState::snapshot(const Settings& settings) const {
  auto counted = counters;
  counted.schedule = schedule->state();
  return {settings, to_json(counted), live_tensors()};
}

void TrainState::restore(const Snapshot& snapshot, const Settings& settings) {
  check_settings(snapshot.settings, settings);
  counters = read_counters(snapshot.counters);
  if (counters.best_epoch > 0) keep_as_best();  // allocates the tensors to copy into
  restore_tensors(snapshot.tensors, live_tensors());
  schedule->restore(counters.schedule);
}

NamedTensors TrainState::model_tensors() const {
  NamedTensors tensors;
  for (const auto& pair : model_.named_parameters()) tensors.emplace_back(pair.key(), pair.value());
  for (const auto& pair : model_.named_buffers()) tensors.emplace_back(pair.key(), pair.value());
  return tensors;
}

NamedTensors TrainState::live_tensors() const {
  NamedTensors all;
  append(all, "model.", model_tensors());
  append(all, "optimizer.", optimizer->state());
  if (ema) append(all, "average.", ema->state());
  append(all, "scaler.", scaler.state());
  append(all, "best.", best_);
  return all;
}

}  // namespace assay::train
