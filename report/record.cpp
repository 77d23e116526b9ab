#include "report/record.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "core/error.h"
#include "report/field_reader.h"

namespace assay::report {
namespace {

constexpr double kMaxLatencyUs = 1e12;
constexpr double kMaxDurationS = 1e10;
constexpr double kMaxLoss = std::numeric_limits<double>::max();
constexpr double kFloatRounding = 1e-6;  // an accuracy stored as a 32-bit float

void check_format(const FieldReader& reader) {
  const auto format = reader.integer("format", 1);
  if (!format) reader.fail("format", "missing; this is not a run's record");
  if (*format != kRecordFormat) {
    reader.fail("format",
                fmt::format("{} is newer than {}, the newest this assay reads; update assay", *format, kRecordFormat));
  }
}

DatasetFacts read_dataset(const FieldReader& reader) {
  DatasetFacts facts;
  facts.name = reader.text("name");
  facts.description = reader.text("description");
  facts.digest = reader.text("digest");
  facts.classes = reader.texts("classes");
  facts.num_train = reader.integer("num_train", 0);
  facts.num_validation = reader.integer("num_validation", 0);
  facts.num_test = reader.integer("num_test", 0);
  facts.image_size = reader.integer("image_size", 1);
  return facts;
}

Environment read_environment(const FieldReader& reader) {
  Environment environment;
  environment.cpu = reader.text("cpu");
  environment.isa = reader.texts("isa");
  environment.cores = reader.integer("cores", 1);
  environment.threads = reader.integer("threads", 1);
  environment.memory_bytes = reader.integer("memory_bytes", 0);
  environment.device = reader.text("device");
  environment.os = reader.text("os");
  environment.compiler = reader.text("compiler");
  environment.build_type = reader.text("build_type");
  environment.torch = reader.text("torch");
  environment.commit = reader.text("commit");
  environment.dirty = reader.flag("dirty");
  return environment;
}

Training read_training(const FieldReader& reader) {
  Training training;
  for (const auto& line : reader.objects("history")) {
    Epoch epoch;
    const auto number = line.integer("epoch", 0);
    if (!number) line.fail("epoch", "missing");
    epoch.number = *number;
    epoch.train_loss = line.number("train/loss", -kMaxLoss, kMaxLoss);
    epoch.validation_loss = line.number("val/loss", -kMaxLoss, kMaxLoss);
    epoch.validation_accuracy = line.number("val/accuracy", 0.0, 1.0);
    epoch.skipped_steps = line.integer("skipped_steps", 0);
    training.history.push_back(epoch);
  }
  training.best_epoch = reader.integer("best_epoch", 0);
  training.epochs_planned = reader.integer("epochs_planned", 0);
  training.stopped_early = reader.flag("stopped_early");
  training.batch_global = reader.integer("batch_global", 1);
  training.batch_micro = reader.integer("batch_micro", 1);
  return training;
}

// Derives the accuracy or the count if one of them is absent, and rejects contradictory values.
void reconcile_accuracy(const FieldReader& reader, Variant& variant) {
  if (!variant.num_test || *variant.num_test == 0) return;
  const auto total = static_cast<double>(*variant.num_test);
  if (!variant.num_correct) {
    if (variant.accuracy) variant.num_correct = std::llround(*variant.accuracy * total);
    return;
  }
  if (*variant.num_correct > *variant.num_test) {
    reader.fail("num_correct", fmt::format("{} of {} test images cannot be", *variant.num_correct, *variant.num_test));
  }
  const auto counted = static_cast<double>(*variant.num_correct) / total;
  if (variant.accuracy && std::abs(*variant.accuracy - counted) > 0.5 / total + kFloatRounding) {
    reader.fail("accuracy", fmt::format("{} contradicts {} correct of {}", *variant.accuracy, *variant.num_correct,
                                        *variant.num_test));
  }
  variant.accuracy = counted;
}

Variant read_variant(const FieldReader& reader) {
  Variant variant;
  variant.name = reader.required_text("name");
  variant.title = reader.optional_text("title");
  if (variant.title.empty()) variant.title = variant.name;
  variant.accuracy = reader.number("accuracy", 0.0, 1.0);
  variant.num_correct = reader.integer("num_correct", 0);
  variant.num_test = reader.integer("num_test", 0);
  reconcile_accuracy(reader, variant);
  variant.size_bytes = reader.integer("size_bytes", 0);
  const auto latency = reader.object("latency_us");
  variant.latency_us_p50 = latency.number("p50", 0.0, kMaxLatencyUs);
  variant.latency_us_p95 = latency.number("p95", 0.0, kMaxLatencyUs);
  variant.latency_samples = latency.integer("samples", 0);
  variant.latency_batch = latency.integer("batch", 1);
  variant.latency_threads = latency.integer("threads", 1);
  variant.agreement = reader.number("agreement", 0.0, 1.0);
  variant.file = reader.text("file");
  variant.sha256 = reader.text("sha256");
  if (const auto* settings = reader.find("settings"); settings != nullptr) {
    if (!settings->is_object())
      reader.fail("settings", fmt::format("expected an object, found {}", settings->type_name()));
    for (const auto& [key, value] : settings->items()) {
      variant.settings.emplace_back(key, value.is_string() ? value.get<std::string>() : format_json(value));
    }
  }
  return variant;
}

}  // namespace

Record parse_record(const Json& json, std::string_view origin) {
  Record record;
  record.origin = origin;
  const FieldReader reader(json, "", record.origin, &record.missing);
  check_format(reader);
  record.experiment = reader.required_text("experiment");
  record.status = reader.required_text("status");
  record.error = reader.optional_text("error");
  record.run_key = reader.text("run_key");
  record.run_name = reader.text("run_name");
  record.started = reader.text("started");
  record.command = reader.text("command");
  record.duration_s = reader.number("duration_s", -kMaxDurationS, kMaxDurationS);
  record.has_clock_gone_back = record.duration_s && *record.duration_s < 0.0;
  if (record.has_clock_gone_back) record.duration_s.reset();
  record.dataset = read_dataset(reader.object("dataset"));
  const auto model = reader.object("model");
  record.model_name = model.text("name");
  record.num_parameters = model.integer("num_parameters", 0);
  record.environment = read_environment(reader.object("environment"));
  record.training = read_training(reader.object("training"));
  const auto targets = reader.object("targets");
  record.targets = {targets.number("size_reduction", 0.0, 1.0), targets.number("latency_reduction", 0.0, 1.0),
                    targets.number("accuracy_drop_points", 0.0, 100.0)};
  for (const auto& variant : reader.objects("variants")) record.variants.push_back(read_variant(variant));
  const auto tracking = reader.object("tracking");
  record.tracking_backend = tracking.text("backend");
  record.tracking_url = tracking.optional_text("url");
  record.tracking_run_id = tracking.optional_text("run_id");
  record.tracking_complete = tracking.flag("complete");
  return record;
}

}  // namespace assay::report
