#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "track/mlflow/mlflow_api.h"

namespace assay::track {

/// A logged model as the server knows it.
struct ModelInfo {
  std::string id;  ///< "m-..."
  std::string artifact_uri;
  std::string status;  ///< "LOGGED_MODEL_PENDING", "LOGGED_MODEL_READY", ...

  bool is_ready() const { return status == "LOGGED_MODEL_READY"; }
};

/// Describes a logged model to be made. `uuid` becomes a tag by which it is found should the reply be lost.
struct NewModel {
  std::string experiment_id;
  std::string run_id;
  std::string uuid;
  LoggedModel model;
  std::filesystem::path root = {};  ///< in which the files must lie
};

/// Speaks the part of MLflow's REST API that keeps and registers models. Calls give values, as MlflowApi's do.
/// Source: MLflow 3.17.2; servers before MLflow 3 have no logged models, which is told in a rejection.
class ModelsApi {
 public:
  explicit ModelsApi(MlflowApi& api) : api_(api) {}

  /// Finds the models with NewModel's uuid, those that are ready first. There are several when a request to make one
  /// was carried out twice.
  Outcome<std::vector<ModelInfo>> find_models(std::string_view experiment_id, std::string_view uuid);

  Done delete_model(std::string_view model_id);

  /// Makes a pending model with at most the first 100 params. Not repeatable: after a transient failure ask
  /// find_models() first.
  Outcome<ModelInfo> create_model(const NewModel& wanted);

  /// Adds the params that create_model() had no room for; repeatable.
  Done add_params(std::string_view model_id, const std::vector<KeyValue>& params);

  /// Notes that a run made the model; repeatable.
  Done link_to_run(std::string_view run_id, std::string_view model_id, std::int64_t step);

  /// Ends the upload, well or not; repeatable.
  Done finish_model(std::string_view model_id, bool is_complete);

  /// Makes a registered model unless there is one of that name.
  Done ensure_registered(std::string_view name);

  /// Finds the versions of a registered model that a logged model became, the oldest first; several as above.
  Outcome<std::vector<std::string>> find_versions(std::string_view name, std::string_view model_id);

  Done delete_version(std::string_view name, std::string_view version);

  /// Makes a logged model the newest version of a registered one. Returns its number. Not repeatable: after a transient
  /// failure ask find_versions() first.
  Outcome<std::string> create_version(std::string_view name, std::string_view model_id, std::string_view run_id);

  /// Gives a version an alias, which the version that had it loses; repeatable.
  Done set_alias(std::string_view name, std::string_view alias, std::string_view version);

 private:
  MlflowApi& api_;
};

/// Key of the tag that holds NewModel::uuid.
inline constexpr std::string_view kModelUuidTag = "assay.model_uuid";

}  // namespace assay::track
