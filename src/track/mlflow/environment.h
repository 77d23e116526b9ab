#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "track/mlflow/backoff.h"
#include "track/mlflow/http.h"
#include "track/mlflow/multipart_policy.h"
#include "track/tracker.h"

namespace assay::track {

// Everything that comes from environment variables is read here. They are MLflow's, with MLflow's meaning; an empty one
// counts as not set. Errors of all functions: Error(kConfig) naming the variable, its value unless that may be a
// secret, and what is accepted.

/// Returns the value, "" when it is not set.
std::string environment_text(const char* name);

/// Reads "true", "1", "false" or "0" in any case.
bool environment_flag(const char* name, bool otherwise);

/// Reads a number between `least` and `most`.
std::optional<double> environment_number(const char* name, double least, double most);

/// Reads a whole number between `least` and `most`, of at most 2^53.
std::optional<std::int64_t> environment_count(const char* name, std::int64_t least, std::int64_t most);

/// Reads MLFLOW_TRACKING_INSECURE_TLS, _SERVER_CERT_PATH and _CLIENT_CERT_PATH; the files must exist.
TlsOptions environment_tls();

/// Reads MLFLOW_WORKSPACE.
std::string environment_workspace();

/// Reads MLFLOW_HTTP_REQUEST_TIMEOUT.
HttpOptions environment_http_options();

/// Reads MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR, _BACKOFF_JITTER, _MAX_RETRIES and MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER.
RetryPolicy environment_retry_policy();

/// Reads MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD, MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE,
/// MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE and MLFLOW_S3_IGNORE_TLS.
MultipartPolicy environment_multipart_policy();

/// Lists the hosts that no proxy is asked for: this machine, and those of NO_PROXY.
std::string environment_no_proxy();

/// Says what the environment wants of runs that begin.
struct RunEnvironment {
  std::string experiment;      ///< MLFLOW_EXPERIMENT_NAME
  std::string experiment_id;   ///< MLFLOW_EXPERIMENT_ID
  std::string run_id;          ///< MLFLOW_RUN_ID: a run that goes on
  std::vector<KeyValue> tags;  ///< MLFLOW_RUN_CONTEXT
};

/// Reads it.
RunEnvironment environment_of_runs();

/// Unsets MLFLOW_RUN_ID, so that the run goes on once; while no other thread reads the environment.
void forget_run_id();

}  // namespace assay::track
