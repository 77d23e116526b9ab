#pragma once

#include <string>
#include <string_view>

#include "track/mlflow/outcome.h"

namespace assay::track {

// Find the addresses of MLflow's artifact proxy. `artifact_uri` is that of a run or a logged model, `path` that of a
// file in it. Rejected where the server keeps the files at a place that only it can reach.

/// Returns the address under which a file is stored, read and removed.
Outcome<std::string> artifact_url(const TrackingServer& server, std::string_view artifact_uri, std::string_view path);

/// Returns the address of a call about an upload in parts, "create", "complete" or "abort"; empty where the proxy is
/// not MLflow's.
Outcome<std::string> multipart_url(const TrackingServer& server, std::string_view call, std::string_view artifact_uri,
                                   std::string_view path);

/// Returns the address at which the proxy's server tells what it can do; empty where the proxy is not MLflow's.
Outcome<std::string> server_info_url(const TrackingServer& server, std::string_view artifact_uri);

/// Returns the last part of a path.
std::string_view file_name_of(std::string_view path);

}  // namespace assay::track
