#include "track/delivery/model_delivery.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "core/sha256.h"
#include "track/mlflow/mlmodel.h"

namespace assay::track {
namespace {

namespace fs = std::filesystem;

constexpr auto kDescription = "MLmodel";
constexpr auto kFinish = "finish";
constexpr int kMaxFailures = 6;  // in a row at one step, when the server answers

/// Lists the files of a model's folder, relative to it: in order, its description last.
Outcome<std::vector<fs::path>> list_files(const fs::path& folder) {
  std::error_code ignored;
  if (!fs::is_regular_file(folder / kDescription, ignored))
    return rejection(fmt::format("{}: no such file, so the folder holds no model", (folder / kDescription).string()));
  std::vector<fs::path> files;
  try {
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(folder));
    }
  } catch (const fs::filesystem_error& error) {
    return rejection(fmt::format("{}: {}", folder.string(), error.code().message()));
  }
  std::erase(files, fs::path(kDescription));
  std::sort(files.begin(), files.end());
  files.emplace_back(kDescription);
  return files;
}

/// Stores the description with the ids that exist only now.
Done upload_description(MlflowApi& api, const ModelInfo& model, const std::string& run_id, const LocalFile& file) {
  UploadSource source(file);
  const auto written = source.read_all();
  if (!source.error().empty()) return rejection(fmt::format("{}: {}", file.path.string(), source.error()));
  const auto text = set_mlmodel_keys(
      written,
      {{"artifact_path", model.artifact_uri}, {"model_id", model.id}, {"model_uuid", model.id}, {"run_id", run_id}});
  return api.upload_text(model.artifact_uri, text, kDescription);
}

}  // namespace

Outcome<bool> ModelDelivery::advance(const RecordedRun& run, const WaitingItem& item) {
  const auto uuid = sha256(fmt::format("{}/{}", run.uuid, item.place)).substr(0, 32);
  const NewModel wanted{run.experiment_id, run.run_id, uuid, model_from(item.description), item.root};
  auto& progress = progress_[uuid];
  auto is_whole = do_next(wanted, progress);
  if (is_whole) {
    if (*is_whole) progress_.erase(uuid);
    return is_whole;
  }
  auto failure = is_whole.failure();
  if (failure.status != 0 && ++progress.num_failures >= kMaxFailures) failure.kind = Failure::Kind::kRejected;
  if (failure.kind != Failure::Kind::kRejected) return failure;
  // So that it does not stay pending for ever in the UI.
  if (!progress.model.id.empty() && !progress.done.contains(kFinish)) models_.finish_model(progress.model.id, false);
  progress_.erase(uuid);
  return failure;
}

Outcome<bool> ModelDelivery::do_next(const NewModel& wanted, Progress& progress) {
  const auto steps = plan(wanted, progress);
  if (!steps) return steps.failure();
  for (const auto& step : *steps) {
    if (progress.done.contains(step.name)) continue;
    if (const auto done = step.act(); !done) return done.failure();
    progress.done.insert(step.name);
    progress.num_failures = 0;
    return false;
  }
  return true;
}

Outcome<std::vector<ModelDelivery::Step>> ModelDelivery::plan(const NewModel& wanted, Progress& progress) {
  if (progress.model.id.empty()) return std::vector<Step>{{"make", [&] { return make(wanted, progress); }}};
  if (!progress.done.contains(kFinish)) return plan_upload(wanted, progress.model);
  return plan_registration(wanted, progress);
}

Outcome<std::vector<ModelDelivery::Step>> ModelDelivery::plan_upload(const NewModel& wanted, const ModelInfo& model) {
  const auto files = list_files(wanted.model.folder);
  if (!files) return files.failure();
  std::vector<Step> steps = {{"params", [&] { return models_.add_params(model.id, wanted.model.params); }}};
  for (const auto& path : *files) {
    steps.push_back({"file " + path.string(), [&, path] {
                       const LocalFile file(wanted.model.folder / path, wanted.root);
                       return path == kDescription ? upload_description(api_, model, wanted.run_id, file)
                                                   : uploader_.upload(model.artifact_uri, file, path.generic_string());
                     }});
  }
  steps.push_back({"link", [&] { return models_.link_to_run(wanted.run_id, model.id, wanted.model.step); }});
  steps.push_back({kFinish, [&] { return models_.finish_model(model.id, /*is_complete=*/true); }});
  return steps;
}

std::vector<ModelDelivery::Step> ModelDelivery::plan_registration(const NewModel& wanted, Progress& progress) {
  const auto& name = wanted.model.registered_name;
  std::vector<Step> steps = {{"only model", [&] { return remove_other_models(wanted, progress); }}};
  if (name.empty()) return steps;
  steps.push_back({"name", [&] { return models_.ensure_registered(name); }});
  steps.push_back({"version", [&] { return make_version(wanted, progress); }});
  for (const auto& alias : wanted.model.aliases) {
    steps.push_back({"alias " + alias, [&] { return models_.set_alias(name, alias, progress.version); }});
  }
  steps.push_back({"only version", [&] { return remove_other_versions(wanted, progress); }});
  return steps;
}

Done ModelDelivery::make(const NewModel& wanted, Progress& progress) {
  const auto found = models_.find_models(wanted.experiment_id, wanted.uuid);
  if (!found) return done(found);
  if (!found->empty()) {
    progress.model = found->front();
    if (progress.model.is_ready()) progress.done.insert(kFinish);
    return std::monostate{};
  }
  if (const auto files = list_files(wanted.model.folder); !files) return files.failure();
  const auto thing = fmt::format("model `{}` ({})", wanted.model.name, wanted.uuid);
  if (auto failure = late_.hold_back(thing)) return *std::move(failure);
  const auto sent = SteadyTime::clock::now();
  const auto made = models_.create_model(wanted);
  if (!made) late_.note(thing, made.failure(), sent);
  if (made) progress.model = *made;
  return done(made);
}

Done ModelDelivery::make_version(const NewModel& wanted, Progress& progress) {
  const auto& name = wanted.model.registered_name;
  const auto found = models_.find_versions(name, progress.model.id);
  if (!found) return done(found);
  if (!found->empty()) {
    progress.version = found->front();
    return std::monostate{};
  }
  const auto thing = fmt::format("a version of `{}` ({})", name, wanted.uuid);
  if (auto failure = late_.hold_back(thing)) return *std::move(failure);
  const auto sent = SteadyTime::clock::now();
  const auto made = models_.create_version(name, progress.model.id, wanted.run_id);
  if (!made) late_.note(thing, made.failure(), sent);
  if (made) progress.version = *made;
  return done(made);
}

Done ModelDelivery::remove_other_models(const NewModel& wanted, const Progress& progress) {
  const auto found = models_.find_models(wanted.experiment_id, wanted.uuid);
  if (!found) return done(found);
  for (const auto& one : *found) {
    if (one.id == progress.model.id) continue;
    if (auto deletion = models_.delete_model(one.id); !deletion) return deletion;
  }
  return std::monostate{};
}

Done ModelDelivery::remove_other_versions(const NewModel& wanted, const Progress& progress) {
  const auto& name = wanted.model.registered_name;
  const auto found = models_.find_versions(name, progress.model.id);
  if (!found) return done(found);
  for (const auto& one : *found) {
    if (one == progress.version) continue;
    if (auto deletion = models_.delete_version(name, one); !deletion) return deletion;
  }
  return std::monostate{};
}

}  // namespace assay::track
