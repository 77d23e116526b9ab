#pragma once

#include "core/json.h"
#include "track/mlflow/mlflow_api.h"

namespace assay::track {

// Read MLflow's answers. Numbers may come as numbers or as strings; what is missing stays at its default, and nothing
// throws whatever a server sends.

/// Returns the object in the body of a successful response.
Outcome<Json> read_answer(const HttpResponse& response, const TrackingServer& server, double timeout_s);

std::string read_text(const Json& object, const char* key);
std::vector<KeyValue> read_pairs(const Json& object, const char* key);
std::int64_t read_integer(const Json& object, const char* key);

/// Returns the member, or null JSON when there is none.
const Json& read_member(const Json& object, const char* key);

Metric read_metric(const Json& metric);
RunInfo read_run(const Json& run);
Experiment read_experiment(const Json& experiment);
ArtifactInfo read_artifact(const Json& file);

}  // namespace assay::track
