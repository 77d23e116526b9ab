#pragma once

#include "track/journal_store.h"
#include "track/mlflow_api.h"

namespace assay::track {

/// Makes a logged model of a run with all its files, and registers it where that is asked. Repeatable: what an earlier
/// try has done is looked up and not done twice.
Done deliver_model(MlflowApi& api, const RecordedRun& run, const LoggedModel& model);

}  // namespace assay::track
