#include "train/counters.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/error.h"

namespace assay::train {
namespace {

// JSON has neither NaN nor infinity, so they are stored as text.
Json write_value(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0.0 ? "inf" : "-inf";
}

template <typename T>
Json write_value(const T& value) {
  return value;
}

void read_value(const Json& json, double& value) {
  value = json.is_string() ? std::strtod(json.get_ref<const std::string&>().c_str(), nullptr) : json.get<double>();
}

template <typename T>
void read_value(const Json& json, T& value) {
  json.get_to(value);
}

Json write_value(const std::vector<double>& values) {
  auto json = Json::array();
  for (const auto value : values) json.push_back(write_value(value));
  return json;
}

void read_value(const Json& json, std::vector<double>& values) {
  values.resize(json.size());
  for (std::size_t i = 0; i < values.size(); ++i) read_value(json.at(i), values[i]);
}

// Calls `visit(name, value)` for every saved member, so that writing and reading cannot differ.
template <typename AnyEpoch, typename Visit>
void visit_epoch(AnyEpoch& epoch, const Visit& visit) {
  visit("epoch", epoch.epoch);
  visit("train_loss", epoch.train_loss);
  visit("train_accuracy", epoch.train_accuracy);
  visit("validation_loss", epoch.validation_loss);
  visit("validation_accuracy", epoch.validation_accuracy);
  visit("validation_macro_f1", epoch.validation_macro_f1);
  visit("validation_balanced_accuracy", epoch.validation_balanced_accuracy);
  visit("learning_rate", epoch.learning_rate);
  visit("seconds", epoch.seconds);
  visit("images_per_second", epoch.images_per_second);
  visit("num_skipped", epoch.num_skipped);
  visit("num_not_finite", epoch.num_not_finite);
  visit("micro_batch", epoch.micro_batch);
  visit("peak_memory_mb", epoch.peak_memory_mb);
  visit("data_s", epoch.times.data);
  visit("forward_s", epoch.times.forward);
  visit("backward_s", epoch.times.backward);
  visit("optimizer_s", epoch.times.optimizer);
  visit("logging_s", epoch.times.logging);
}

template <typename AnyCounters, typename Visit>
void visit_counters(AnyCounters& counters, const Visit& visit) {
  visit("batch", counters.batch);
  visit("step", counters.step);
  visit("loss_sum", counters.loss_sum);
  visit("num_correct", counters.num_correct);
  visit("num_images", counters.num_images);
  visit("seconds", counters.seconds);
  visit("best_accuracy", counters.best_accuracy);
  visit("best_epoch", counters.best_epoch);
  visit("micro_batch", counters.micro_batch);
  visit("ended", counters.ended);
  visit("schedule", counters.schedule);
}

Json write_epoch(const Epoch& epoch) {
  Json json;
  visit_epoch(epoch, [&json](const char* name, const auto& value) { json[name] = write_value(value); });
  return json;
}

Epoch read_epoch(const Json& json) {
  Epoch epoch;
  visit_epoch(epoch, [&json](const char* name, auto& value) { read_value(json.at(name), value); });
  return epoch;
}

}  // namespace

Epoch Counters::measured() const {
  const auto count = static_cast<double>(std::max<std::int64_t>(1, num_images));
  const auto& times = current.times;
  auto epoch = current;
  epoch.train_loss = loss_sum / count;
  epoch.train_accuracy = num_correct / count;
  epoch.seconds = times.data + times.forward + times.backward + times.optimizer + times.logging;
  epoch.images_per_second = count / epoch.seconds;
  return epoch;
}

void Counters::begin_next_epoch(const Epoch& record) {
  history.push_back(record);
  current = {};
  batch = 0;
  loss_sum = num_correct = 0.0;
  num_images = 0;
}

Json to_json(const Counters& counters) {
  Json json;
  visit_counters(counters, [&json](const char* name, const auto& value) { json[name] = write_value(value); });
  json["current"] = write_epoch(counters.current);
  json["history"] = Json::array();
  for (const auto& epoch : counters.history) json["history"].push_back(write_epoch(epoch));
  return json;
}

Counters read_counters(const Json& json) try {
  Counters counters;
  visit_counters(counters, [&json](const char* name, auto& value) { read_value(json.at(name), value); });
  counters.current = read_epoch(json.at("current"));
  for (const auto& epoch : json.at("history")) counters.history.push_back(read_epoch(epoch));
  return counters;
} catch (const Json::exception& error) {
  throw Error(ErrorKind::kData, fmt::format("the checkpoint is of another version of Assay: {}", error.what()), "",
              "train.checkpoint.resume=never starts again");
}

}  // namespace assay::train
