#include "track/mlflow/mlflow_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "track/mlflow/artifact_address.h"
#include "track/mlflow/mlflow_json.h"

namespace assay::track {
namespace {

constexpr std::string_view kApi = "/api/2.0/mlflow/";
constexpr std::string_view kUserTag = "mlflow.user";
constexpr int kRunsPerPage = 100;
constexpr int kPointsPerPage = 10000;

std::string query(std::string_view text) { return percent_encode(text, /*keep_slashes=*/false); }

}  // namespace

std::string RunInfo::tag(std::string_view key) const { return find_value(tags, key); }

MlflowApi::MlflowApi(TrackingServer server, HttpOptions options)
    : server_(std::move(server)), options_(std::move(options)), http_(connect_to(server_, options_)) {}

Outcome<Json> MlflowApi::call(const HttpRequest& request) {
  return read_answer(http_.send(request), server_, options_.request_timeout_s);
}

Outcome<Json> MlflowApi::get(std::string_view path_and_query) {
  HttpRequest request;
  request.url = fmt::format("{}{}{}", server_.url, kApi, path_and_query);
  return call(request);
}

Outcome<Json> MlflowApi::send(std::string_view method, std::string_view path, const Json& body, bool once) {
  HttpRequest request;
  request.method = method;
  request.url = fmt::format("{}{}{}", server_.url, kApi, path);
  request.body = format_json(body);
  request.once = once;
  return call(request);
}

Outcome<Json> MlflowApi::post(std::string_view path, const Json& body, bool once) {
  return send("POST", path, body, once);
}

Outcome<Json> MlflowApi::patch(std::string_view path, const Json& body) {
  return send("PATCH", path, body, /*once=*/false);
}

Outcome<Json> MlflowApi::remove(std::string_view path, const Json& body) {
  return send("DELETE", path, body, /*once=*/false);
}

Outcome<std::optional<Experiment>> MlflowApi::find_experiment(std::string_view name) {
  const auto answer = get("experiments/get-by-name?experiment_name=" + query(name));
  if (!answer) {
    if (answer.failure().code == "RESOURCE_DOES_NOT_EXIST") return std::optional<Experiment>();
    return answer.failure();
  }
  auto experiment = read_experiment(read_member(*answer, "experiment"));
  if (experiment.id.empty()) return explain_no_id("experiment", server_);
  return std::optional(std::move(experiment));
}

Outcome<Experiment> MlflowApi::get_experiment(std::string_view id) {
  const auto answer = get("experiments/get?experiment_id=" + query(id));
  if (!answer) return answer.failure();
  auto experiment = read_experiment(read_member(*answer, "experiment"));
  if (experiment.id.empty()) return explain_no_id("experiment", server_);
  return experiment;
}

Outcome<std::string> MlflowApi::get_or_create_experiment(std::string_view name) {
  const auto deleted = [&](const Experiment& experiment) {
    return rejection(fmt::format("experiment `{}` lies deleted on {}", name, server_.url),
                     fmt::format("restore it (`mlflow experiments restore --experiment-id {}`), or choose another name",
                                 experiment.id));
  };
  auto found = find_experiment(name);
  if (!found) return found.failure();
  if (!found->has_value()) {
    const auto created = post("experiments/create", {{"name", name}});
    if (created) {
      auto id = read_text(*created, "experiment_id");
      if (id.empty()) return explain_no_id("experiment", server_);
      return id;
    }
    // Another process may have been faster.
    if (created.failure().code != "RESOURCE_ALREADY_EXISTS") return created.failure();
    found = find_experiment(name);
    if (!found) return found.failure();
    if (!found->has_value()) return created.failure();
  }
  const Experiment& experiment = **found;
  if (experiment.deleted) return deleted(experiment);
  return experiment.id;
}

Outcome<RunInfo> MlflowApi::create_run(std::string_view experiment_id, const NewRun& run) {
  Json tags = encode_pairs(run.tags, kMaxTagLength);
  tags.push_back({{"key", kUuidTag}, {"value", run.uuid}});
  const auto answer = post("runs/create",
                           {{"experiment_id", experiment_id},
                            {"user_id", find_value(run.tags, kUserTag)},
                            {"run_name", run.name},
                            {"start_time", run.start_ms},
                            {"tags", std::move(tags)}},
                           /*once=*/true);
  if (!answer) return answer.failure();
  auto made = read_run(read_member(*answer, "run"));
  if (made.id.empty()) return explain_no_id("run", server_);
  return made;
}

Outcome<std::vector<RunInfo>> MlflowApi::find_runs(std::string_view experiment_id, std::string_view uuid) {
  auto runs = search_runs(experiment_id, fmt::format("tags.`{}` = '{}'", kUuidTag, uuid), "ALL");
  if (!runs) return runs.failure();
  std::stable_partition((*runs).begin(), (*runs).end(), [](const RunInfo& run) { return !run.is_deleted; });
  return runs;
}

Outcome<std::vector<RunInfo>> MlflowApi::search_runs(std::string_view experiment_id, std::string_view filter,
                                                     std::string_view view) {
  std::vector<RunInfo> runs;
  Json body = {{"experiment_ids", Json::array({experiment_id})},
               {"filter", filter},
               {"run_view_type", view},
               {"max_results", kRunsPerPage}};
  for (std::string token;;) {
    if (!token.empty()) body["page_token"] = token;
    const auto answer = post("runs/search", body);
    if (!answer) return answer.failure();
    for (const Json& run : read_member(*answer, "runs")) runs.push_back(read_run(run));
    token = read_text(*answer, "next_page_token");
    if (token.empty()) return runs;
  }
}

Outcome<RunInfo> MlflowApi::get_run(std::string_view run_id) {
  const auto answer = get("runs/get?run_id=" + query(run_id));
  if (!answer) return answer.failure();
  auto run = read_run(read_member(*answer, "run"));
  if (run.id.empty()) return explain_no_id("run", server_);
  return run;
}

Done MlflowApi::log_batch(std::string_view run_id, const Batch& batch) {
  return done(post("runs/log-batch", encode_batch(batch, run_id)));
}

Done MlflowApi::set_tag(std::string_view run_id, std::string_view key, std::string_view value) {
  return done(post("runs/set-tag", {{"run_id", run_id}, {"key", key}, {"value", cut_text(value, kMaxTagLength)}}));
}

Done MlflowApi::delete_tag(std::string_view run_id, std::string_view key) {
  return done(post("runs/delete-tag", {{"run_id", run_id}, {"key", key}}));
}

Done MlflowApi::update_run(std::string_view run_id, RunStatus status, std::int64_t end_ms) {
  return update_run({{"run_id", run_id}, {"status", to_string(status)}, {"end_time", end_ms}});
}

Done MlflowApi::reopen_run(std::string_view run_id) { return update_run({{"run_id", run_id}, {"status", "RUNNING"}}); }

Done MlflowApi::update_run(const Json& update) {
  const auto answer = post("runs/update", update);
  if (!answer) return answer.failure();
  const bool is_set = read_text(read_member(*answer, "run_info"), "status") == update.at("status");
  return is_set ? Done(std::monostate{}) : Done(explain_not_set("status of the run", server_));
}

Done MlflowApi::delete_run(std::string_view run_id) { return done(post("runs/delete", {{"run_id", run_id}})); }

Done MlflowApi::log_dataset(std::string_view run_id, const DatasetInput& dataset) {
  Json entity = {{"name", dataset.name},
                 {"digest", dataset.digest},
                 {"source_type", dataset.source_type},
                 {"source", dataset.source}};
  if (!dataset.schema.empty()) entity["schema"] = dataset.schema;
  if (!dataset.profile.empty()) entity["profile"] = dataset.profile;
  const Json context = {{"key", "mlflow.data.context"}, {"value", dataset.context}};
  const Json input = {{"tags", {context}}, {"dataset", std::move(entity)}};
  return done(post("runs/log-inputs", {{"run_id", run_id}, {"datasets", {input}}}));
}

Outcome<std::vector<Metric>> MlflowApi::metric_history(std::string_view run_id, std::string_view key) {
  std::vector<Metric> points;
  const auto path = fmt::format("metrics/get-history?run_id={}&metric_key={}&max_results={}", query(run_id), query(key),
                                kPointsPerPage);
  for (std::string token;;) {
    const auto answer = get(token.empty() ? path : path + "&page_token=" + query(token));
    if (!answer) return answer.failure();
    for (const Json& point : read_member(*answer, "metrics")) points.push_back(read_metric(point));
    token = read_text(*answer, "next_page_token");
    if (token.empty()) return points;
  }
}

Done MlflowApi::put(std::string_view artifact_uri, std::string_view path, HttpRequest request) {
  const auto url = artifact_url(server_, artifact_uri, path);
  if (!url) return url.failure();
  request.method = "PUT";
  request.url = *url;
  const auto response = http_.send(request);
  auto failure = explain(response, server_, options_.request_timeout_s);
  if (!failure) return std::monostate{};
  if (response.transport == Transport::kFile)
    failure->message = fmt::format("{}: {}", request.upload.path.string(), failure->message);
  return *std::move(failure);
}

Done MlflowApi::upload_artifact(std::string_view artifact_uri, const LocalFile& file, std::string_view path,
                                std::atomic<std::int64_t>* num_sent) {
  HttpRequest request;
  request.upload = file;
  request.num_sent = num_sent;
  return put(artifact_uri, path, std::move(request));
}

Done MlflowApi::upload_text(std::string_view artifact_uri, std::string_view text, std::string_view path) {
  HttpRequest request;
  request.body = text;
  return put(artifact_uri, path, std::move(request));
}

Outcome<std::vector<ArtifactInfo>> MlflowApi::list_artifacts(std::string_view run_id, std::string_view folder) {
  std::vector<ArtifactInfo> files;
  const auto path =
      fmt::format("artifacts/list?run_id={}{}{}", query(run_id), folder.empty() ? "" : "&path=", query(folder));
  for (std::string token;;) {
    const auto answer = get(token.empty() ? path : path + "&page_token=" + query(token));
    if (!answer) return answer.failure();
    for (const Json& file : read_member(*answer, "files")) files.push_back(read_artifact(file));
    token = read_text(*answer, "next_page_token");
    if (token.empty()) return files;
  }
}

Outcome<std::string> MlflowApi::download_artifact(std::string_view artifact_uri, std::string_view path) {
  const auto url = artifact_url(server_, artifact_uri, path);
  if (!url) return url.failure();
  HttpRequest request;
  request.url = *url;
  auto response = http_.send(request);
  if (auto failure = explain(response, server_, options_.request_timeout_s)) return *std::move(failure);
  return std::move(response.body);
}

Done MlflowApi::delete_artifact(std::string_view artifact_uri, std::string_view path) {
  const auto url = artifact_url(server_, artifact_uri, path);
  if (!url) return url.failure();
  HttpRequest request;
  request.method = "DELETE";
  request.url = *url;
  if (auto failure = explain(http_.send(request), server_, options_.request_timeout_s)) return *std::move(failure);
  return std::monostate{};
}

std::string MlflowApi::run_page(std::string_view experiment_id, std::string_view run_id) const {
  return fmt::format("{}/#/experiments/{}/runs/{}", server_.url, query(experiment_id), query(run_id));
}

}  // namespace assay::track
