#include "report/mlflow_source.h"

#include <fmt/format.h>

#include <utility>

#include "core/clock.h"
#include "core/error.h"
#include "track/mlflow/environment.h"
#include "track/mlflow/mlflow_api.h"

namespace assay::report {
namespace {

constexpr std::string_view kRecordTag = "assay.record";
constexpr std::string_view kParentTag = "mlflow.parentRunId";

template <typename T>
T value_or_throw(track::Outcome<T> outcome, const std::string& origin) {
  if (outcome) return std::move(*outcome);
  throw Error(ErrorKind::kData, outcome.failure().message, origin, outcome.failure().hint);
}

Record make_bare_record(const track::RunInfo& run, std::string_view experiment, const std::string& origin) {
  Record record;
  record.origin = origin;
  record.experiment = experiment;
  record.run_name = run.name;
  record.status = run.status;
  record.started = format_utc(run.start_ms);
  if (run.end_ms > run.start_ms) record.duration_s = static_cast<double>(run.end_ms - run.start_ms) / 1e3;
  record.error = run.status == "RUNNING" ? "still running; its record is written at the end" : "the run left no record";
  record.tracking_backend = "mlflow";
  record.tracking_url = origin;
  record.missing = {"record.json"};
  return record;
}

void load_run(track::MlflowApi& api, const track::RunInfo& run, std::string_view experiment, LoadedRecords& loaded) {
  const auto page = api.run_page(run.experiment_id, run.id);
  const auto path = run.tag(kRecordTag);
  if (path.empty()) {
    loaded.records.push_back(make_bare_record(run, experiment, page));
    return;
  }
  const auto text = api.download_artifact(run.artifact_uri, path);
  if (!text) {
    loaded.unreadable.push_back({page, text.failure().message});
    return;
  }
  load_record_text(*text, page, loaded);
  if (!loaded.records.empty() && loaded.records.back().origin == page && loaded.records.back().tracking_url.empty()) {
    loaded.records.back().tracking_url = page;
  }
}

}  // namespace

LoadedRecords load_records_from_mlflow(std::string_view experiment, std::string_view tracking_uri) {
  track::MlflowApi api(track::find_tracking_server(tracking_uri, "--tracking-uri"), track::environment_http_options());
  const auto origin = api.server().url;
  const auto found = value_or_throw(api.find_experiment(experiment), origin);
  if (!found || found->deleted) {
    throw Error(ErrorKind::kConfig,
                fmt::format("there is no experiment \"{}\"{}", experiment, found ? ": it was deleted" : ""), origin,
                "the page at this address lists the experiments");
  }
  LoadedRecords loaded;
  for (const auto& run : value_or_throw(api.search_runs(found->id), origin)) {
    if (run.tag(kParentTag).empty()) load_run(api, run, experiment, loaded);
  }
  if (loaded.records.empty() && loaded.unreadable.empty()) {
    throw Error(ErrorKind::kConfig, fmt::format("experiment \"{}\" has no runs", experiment), origin,
                "run it first, tracked by this server");
  }
  return loaded;
}

}  // namespace assay::report
