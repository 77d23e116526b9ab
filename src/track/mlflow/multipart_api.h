#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "track/mlflow/mlflow_api.h"

namespace assay::track {

/// The permission to store one part of a file at the object store. Its address is a secret.
struct PartAddress {
  int number = 0;  ///< from 1
  std::string url;
  std::vector<std::string> headers;  ///< "Name: value"
};

/// An upload that the server has begun. Azure's have no id.
struct PendingUpload {
  std::string id;
  std::vector<PartAddress> parts;
};

/// A part that the object store has taken.
struct StoredPart {
  int number = 0;
  std::string etag;
  std::string url;
};

/// Speaks the part of MLflow's artifact proxy that lets a client store a file at the object store behind the server, in
/// parts. Calls give values, as MlflowApi's do. `artifact_uri` and `path` are those of MlflowApi::upload_artifact().
/// Source: MLflow 3.17.2, /api/2.0/mlflow-artifacts/mpu.
class MultipartApi {
 public:
  explicit MultipartApi(MlflowApi& api) : api_(api) {}

  /// Says whether the server tells that it can do this; older ones tell nothing.
  Outcome<bool> is_offered(std::string_view artifact_uri);

  /// Begins an upload of so many parts. Rejected by a server whose store takes none.
  Outcome<PendingUpload> create(std::string_view artifact_uri, std::string_view path, int num_parts);

  /// Makes one file of all parts. Not repeatable.
  Done complete(std::string_view artifact_uri, std::string_view path, const std::string& upload_id,
                const std::vector<StoredPart>& parts);

  /// Has the object store forget the parts.
  Done abort(std::string_view artifact_uri, std::string_view path, const std::string& upload_id);

 private:
  Outcome<Json> call(std::string_view name, std::string_view artifact_uri, std::string_view path, Json body);

  MlflowApi& api_;
};

}  // namespace assay::track
