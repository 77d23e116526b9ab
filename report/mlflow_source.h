#pragma once

#include <string_view>

#include "report/sources.h"

namespace assay::report {

/// Reads the records of an experiment's parent runs from an MLflow server. A run that left no record there (still
/// running, or ended by force) gives a Record with its name and status only. `tracking_uri` is found as every Assay
/// program finds it; empty means MLFLOW_TRACKING_URI or the local default. Errors: Error(kConfig) for a bad address or
/// an unknown experiment; Error(kData) when the server cannot be read.
LoadedRecords load_records_from_mlflow(std::string_view experiment, std::string_view tracking_uri);

}  // namespace assay::report
