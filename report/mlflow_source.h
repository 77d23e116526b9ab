#pragma once

#include <string_view>

#include "report/sources.h"

namespace assay::report {

/// Reads the records of an experiment's parent runs from an MLflow server. A run without a record there (still running,
/// or killed) gives a Record with only its name and status. `tracking_uri` is looked up as in every Assay program;
/// empty means MLFLOW_TRACKING_URI or the local default. Errors: Error(kConfig) for a bad address or an unknown
/// experiment; Error(kData) if the server cannot be read.
LoadedRecords load_records_from_mlflow(std::string_view experiment, std::string_view tracking_uri);

}  // namespace assay::report
