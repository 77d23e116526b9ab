#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "track/delivery/late_requests.h"
#include "track/delivery/uploader.h"
#include "track/journal/journal_store.h"
#include "track/mlflow/mlflow_api.h"
#include "track/mlflow/models_api.h"

namespace assay::track {

/// Brings models to a server: each becomes one logged model with all its files, and one version of a registered model
/// where that is asked.
class ModelDelivery {
 public:
  ModelDelivery(MlflowApi& api, Uploader& uploader) : api_(api), uploader_(uploader), models_(api) {}

  /// Does the next thing for a model, a request or two. Returns whether it is whole now. Repeatable: after a failure
  /// the same thing is tried again; after a new start of the process the server is asked what it has, by an id made of
  /// the run's uuid and the item's place in the journal. A server that fails at one thing again and again has rejected
  /// it.
  Outcome<bool> advance(const RecordedRun& run, const WaitingItem& item);

  /// Forgets what the server is thought to have.
  void forget() { progress_.clear(); }

 private:
  /// How far the delivery of a model has come.
  struct Progress {
    ModelInfo model;
    std::string version;
    std::set<std::string> done;  ///< names of steps
    int num_failures = 0;        ///< since the last step that succeeded
  };

  struct Step {
    std::string name;
    std::function<Done()> act;
  };

  Outcome<bool> do_next(const NewModel& wanted, Progress& progress);
  Outcome<std::vector<Step>> plan(const NewModel& wanted, Progress& progress);
  Outcome<std::vector<Step>> plan_upload(const NewModel& wanted, const ModelInfo& model);
  std::vector<Step> plan_registration(const NewModel& wanted, Progress& progress);
  Done make(const NewModel& wanted, Progress& progress);
  Done make_version(const NewModel& wanted, Progress& progress);
  Done remove_other_models(const NewModel& wanted, const Progress& progress);
  Done remove_other_versions(const NewModel& wanted, const Progress& progress);

  MlflowApi& api_;
  Uploader& uploader_;
  ModelsApi models_;
  LateRequests late_;
  std::map<std::string, Progress> progress_;
};

}  // namespace assay::track
