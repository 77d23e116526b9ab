#include "app/comparison.h"

#include <fmt/format.h>

#include <utility>

#include "core/terminal.h"

namespace assay::app {
namespace {

Json to_json(const Measurement& one) {
  Json settings = Json::object();
  for (const auto& [key, value] : one.variant.settings) settings[key] = value;
  Json other_files = Json::array();
  for (const auto& [exporter, file, size_bytes, sha256] : one.variant.other_files)
    other_files.push_back({{"exporter", exporter}, {"file", file}, {"size_bytes", size_bytes}, {"sha256", sha256}});
  return {{"name", one.variant.name},
          {"title", one.variant.name == kBaseline ? "float32" : one.variant.name},
          {"accuracy", one.accuracy()},
          {"macro_f1", one.macro_f1},
          {"balanced_accuracy", one.balanced_accuracy},
          {"num_correct", one.num_correct},
          {"num_test", one.num_test},
          {"size_bytes", one.size_bytes},
          {"latency_us",
           {{"p50", one.latency.p50_us},
            {"p95", one.latency.p95_us},
            {"samples", one.latency.num_samples},
            {"batch", one.latency_batch},
            {"threads", one.latency_threads}}},
          {"agreement", one.agreement},
          {"file", one.variant.file},
          {"sha256", one.sha256},
          {"other_files", other_files},
          {"settings", settings}};
}

void log_metrics(track::Run& run, const std::string& prefix, const Measurement& one) {
  run.log_metric(prefix + "size_bytes", static_cast<double>(one.size_bytes), 0);
  run.log_metric(prefix + "latency_us_p50", one.latency.p50_us, 0);
  run.log_metric(prefix + "latency_us_p95", one.latency.p95_us, 0);
  run.log_metric(prefix + "agreement", one.agreement, 0);
}

void log_test_scores(track::Run& run, const std::string& prefix, const Measurement& one) {
  run.log_metric(prefix + "accuracy", one.accuracy(), 0);
  run.log_metric(prefix + "macro_f1", one.macro_f1, 0);
  run.log_metric(prefix + "balanced_accuracy", one.balanced_accuracy, 0);
}

void track_variant(RunContext& context, const Measurement& one) {
  const auto prefix = fmt::format("compress/{}/", one.variant.name);
  log_metrics(context.run, prefix, one);
  log_test_scores(context.run, prefix, one);

  const auto name = fmt::format("{}/{}", context.record["run_name"].get<std::string>(), one.variant.name);
  const auto child = context.run.start_child({"", name, {{"assay.variant", one.variant.name}}, context.folder});
  std::vector<track::KeyValue> params = {{"variant", one.variant.name}};
  for (const auto& [key, value] : one.variant.settings) params.emplace_back("setting." + key, value);
  child->log_params(params);
  log_test_scores(*child, "test/", one);
  log_metrics(*child, "", one);
  child->log_model({.name = one.variant.name,
                    .folder = mlflow_folder(context, one.variant.name),
                    .type = "classifier",
                    .params = std::move(params)});
  for (const auto& other : one.variant.other_files) child->log_artifact(context.folder / other.file, other.file);
  child->finish(track::RunStatus::kFinished);
}

std::string describe(const Measurement& one, const Measurement& baseline) {
  return fmt::format("{:<14} {:>9.2f} % {:>9.1f} kB ({:+5.1f} %) {:>8.0f} us ({:+5.1f} %) {:>8.0f} us {:>9.2f} %",
                     one.variant.name, one.accuracy() * 100.0, static_cast<double>(one.size_bytes) / 1e3,
                     (static_cast<double>(one.size_bytes) / static_cast<double>(baseline.size_bytes) - 1.0) * 100.0,
                     one.latency.p50_us, (one.latency.p50_us / baseline.latency.p50_us - 1.0) * 100.0,
                     one.latency.p95_us, one.agreement * 100.0);
}

}  // namespace

void record_comparison(RunContext& context, const std::vector<Measurement>& measurements, const Targets& targets) {
  const auto& baseline = measurements.front();
  context.record["targets"] = {{"size_reduction", targets.size_reduction},
                               {"latency_reduction", targets.latency_reduction},
                               {"accuracy_drop_points", targets.accuracy_drop_points}};
  context.record["variants"] = Json::array();
  print_status("{:<14} {:>11} {:>22} {:>20} {:>11} {:>11}\n", "variant", "accuracy", "size", "latency p50", "p95",
               "agreement");
  for (const auto& one : measurements) {
    context.record["variants"].push_back(to_json(one));
    print_status("{}\n", describe(one, baseline));
    track_variant(context, one);
  }
  log_test_scores(context.run, "test/", baseline);
}

}  // namespace assay::app
