#include "track/mlflow/models_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "track/mlflow/mlflow_json.h"

namespace assay::track {
namespace {

std::string address_of(std::string_view model_id) {
  return "logged-models/" + percent_encode(model_id, /*keep_slashes=*/false);
}

std::string source_of(std::string_view model_id) { return fmt::format("models:/{}", model_id); }

/// Reads a version's number, which newer servers give as text and older ones as a number.
std::string read_version(const Json& version) {
  const Json& number = read_member(version, "version");
  return number.is_number_integer() ? std::to_string(number.get<std::int64_t>()) : read_text(version, "version");
}

ModelInfo read_model(const Json& model) {
  const Json& info = read_member(model, "info");
  return {read_text(info, "model_id"), read_text(info, "artifact_uri"), read_text(info, "status")};
}

/// A server that has no such address is whole but old: delivery of all else must go on.
Failure explain_old_server(Failure failure) {
  if (failure.status != 404 || !failure.code.empty()) return failure;
  failure.kind = Failure::Kind::kRejected;
  failure.hint = "logged models need a server of MLflow 3 or newer";
  return failure;
}

}  // namespace

Outcome<std::vector<ModelInfo>> ModelsApi::find_models(std::string_view experiment_id, std::string_view uuid) {
  const auto filter = fmt::format("tags.`{}` = '{}'", kModelUuidTag, uuid);
  const auto answer =
      api_.post("logged-models/search", {{"experiment_ids", Json::array({experiment_id})}, {"filter", filter}});
  if (!answer) return explain_old_server(answer.failure());
  std::vector<ModelInfo> models;
  for (const Json& model : read_member(*answer, "models")) {
    models.push_back(read_model(model));
    if (models.back().id.empty()) return explain_no_id("model", api_.server());
  }
  std::stable_partition(models.begin(), models.end(), [](const ModelInfo& model) { return model.is_ready(); });
  return models;
}

Done ModelsApi::delete_model(std::string_view model_id) {
  return done(api_.remove(address_of(model_id), {{"model_id", model_id}}));
}

Outcome<ModelInfo> ModelsApi::create_model(const NewModel& wanted) {
  const auto& [name, folder, type, step, params, tags, registered_name, aliases] = wanted.model;
  const auto num_first = static_cast<std::ptrdiff_t>(std::min(params.size(), kMaxBatchParams));
  auto all_tags = tags;
  all_tags.emplace_back(kModelUuidTag, wanted.uuid);
  Json body = {{"experiment_id", wanted.experiment_id},
               {"source_run_id", wanted.run_id},
               {"name", name},
               {"params", encode_pairs({params.begin(), params.begin() + num_first}, kMaxParamLength)},
               {"tags", encode_pairs(all_tags, kMaxTagLength)}};
  if (!type.empty()) body["model_type"] = type;
  const auto answer = api_.post("logged-models", body, /*once=*/true);
  if (!answer) return explain_old_server(answer.failure());
  auto model = read_model(read_member(*answer, "model"));
  if (model.id.empty()) return explain_no_id("model", api_.server());
  return model;
}

Done ModelsApi::add_params(std::string_view model_id, const std::vector<KeyValue>& params) {
  if (params.size() <= kMaxBatchParams) return std::monostate{};
  // The server refuses a batch with a param that it has, so it is asked first which those are.
  const auto path = address_of(model_id);
  const auto model = api_.get(path);
  if (!model) return model.failure();
  std::map<std::string, std::string> known;
  for (const auto& param : read_pairs(read_member(read_member(*model, "model"), "data"), "params")) known.insert(param);
  std::vector<KeyValue> missing;
  std::copy_if(params.begin(), params.end(), std::back_inserter(missing),
               [&](const KeyValue& param) { return !known.contains(param.first); });
  for (std::size_t i = 0; i < missing.size(); i += kMaxBatchParams) {
    const auto begin = missing.begin() + static_cast<std::ptrdiff_t>(i);
    const auto end = begin + static_cast<std::ptrdiff_t>(std::min(kMaxBatchParams, missing.size() - i));
    const auto answer =
        api_.post(path + "/params", {{"model_id", model_id}, {"params", encode_pairs({begin, end}, kMaxParamLength)}});
    if (!answer) return answer.failure();
  }
  return std::monostate{};
}

Done ModelsApi::link_to_run(std::string_view run_id, std::string_view model_id, std::int64_t step) {
  const Json output = {{"model_id", model_id}, {"step", step}};
  const auto answer = api_.post("runs/outputs", {{"run_id", run_id}, {"models", Json::array({output})}}, /*once=*/true);
  if (answer || answer.failure().kind != Failure::Kind::kRejected) return done(answer);
  // A link that is there already is refused with the words of the server's database.
  const auto run = api_.get("runs/get?run_id=" + percent_encode(run_id, /*keep_slashes=*/false));
  if (!run) return run.failure();
  for (const Json& one : read_member(read_member(read_member(*run, "run"), "outputs"), "model_outputs")) {
    if (read_text(one, "model_id") == model_id) return std::monostate{};
  }
  return answer.failure();
}

Done ModelsApi::finish_model(std::string_view model_id, bool is_complete) {
  const auto* status = is_complete ? "LOGGED_MODEL_READY" : "LOGGED_MODEL_UPLOAD_FAILED";
  const auto answer = api_.patch(address_of(model_id), {{"model_id", model_id}, {"status", status}});
  if (!answer) return answer.failure();
  const bool is_set = read_model(read_member(*answer, "model")).status == status;
  return is_set ? Done(std::monostate{}) : Done(explain_not_set("status of the model", api_.server()));
}

Done ModelsApi::ensure_registered(std::string_view name) {
  const auto answer = api_.post("registered-models/create", {{"name", name}});
  if (!answer && answer.failure().code == "RESOURCE_ALREADY_EXISTS") return std::monostate{};
  return done(answer);
}

Outcome<std::vector<std::string>> ModelsApi::find_versions(std::string_view name, std::string_view model_id) {
  const auto filter = fmt::format("source_path='{}'", source_of(model_id));
  const auto answer = api_.get("model-versions/search?filter=" + percent_encode(filter, /*keep_slashes=*/false));
  if (!answer) return answer.failure();
  std::vector<std::string> versions;
  for (const Json& version : read_member(*answer, "model_versions")) {
    if (read_text(version, "name") == name) versions.push_back(read_version(version));
  }
  const auto is_older = [](const auto& a, const auto& b) { return std::pair(a.size(), a) < std::pair(b.size(), b); };
  std::sort(versions.begin(), versions.end(), is_older);
  return versions;
}

Done ModelsApi::delete_version(std::string_view name, std::string_view version) {
  return done(api_.remove("model-versions/delete", {{"name", name}, {"version", version}}));
}

Outcome<std::string> ModelsApi::create_version(std::string_view name, std::string_view model_id,
                                               std::string_view run_id) {
  const auto answer =
      api_.post("model-versions/create",
                {{"name", name}, {"source", source_of(model_id)}, {"run_id", run_id}, {"model_id", model_id}},
                /*once=*/true);
  if (!answer) return answer.failure();
  auto version = read_version(read_member(*answer, "model_version"));
  if (version.empty()) return explain_no_id("model version", api_.server());
  return version;
}

Done ModelsApi::set_alias(std::string_view name, std::string_view alias, std::string_view version) {
  return done(api_.post("registered-models/alias", {{"name", name}, {"alias", alias}, {"version", version}}));
}

}  // namespace assay::track
