#include "track/deliverer.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "track/batch_delivery.h"
#include "track/system_metrics.h"

namespace assay::track {
namespace {

constexpr std::size_t kNumConnections = 4;
constexpr std::size_t kFilesPerStep = 64;
constexpr int kMaxFileAttempts = 6;  // when the server answers, but refuses or fails

bool is_rejection(const Failure& failure) { return failure.kind == Failure::Kind::kRejected; }

const RecordedRun* find_run(const std::vector<RecordedRun>& runs, std::int64_t id) {
  const auto found = std::find_if(runs.begin(), runs.end(), [id](const auto& run) { return run.id == id; });
  return found == runs.end() ? nullptr : &*found;
}

/// Returns the step behind the last one of the system metrics that a run has.
std::int64_t next_system_step(const RunInfo& run) {
  std::int64_t next = 0;
  for (const auto& metric : run.metrics) {
    if (metric.key.starts_with(kSystemPrefix)) next = std::max(next, metric.step + 1);
  }
  return next;
}

}  // namespace

Deliverer::Deliverer(MlflowApi& api, const DelivererOptions& options)
    : api_(api),
      reads_back_(options.reads_back),
      uploader_(api, kNumConnections, options.multipart),
      models_(api, uploader_) {}

Deliverer::Step Deliverer::step(JournalStore& store) {
  const auto runs = store.runs();
  for (const auto& run : runs) {
    if (run.is_closed || refused_.contains(run.uuid)) continue;
    if (run.server.empty()) {
      const auto* parent = find_run(runs, run.parent);
      if (parent == nullptr || !parent->run_id.empty()) return make(store, run, parent);
      continue;
    }
    if (run.server != api_.server().url) {
      return refuse(run, rejection(fmt::format("the run was begun at {}, not at {}", run.server, api_.server().url),
                                   fmt::format("--tracking-uri {}", run.server)));
    }
    const auto waiting = store.next_batch(run.id);
    if (!waiting.places.empty()) return send_batch(store, run, waiting);
    if (const auto files = store.next_files(run.id, kFilesPerStep); !files.empty())
      return send_files(store, run, files);
    if (const auto item = store.next_item(run.id)) return send_item(store, run, *item);
    const bool has_open_child =
        std::any_of(runs.begin(), runs.end(), [&](const auto& one) { return one.parent == run.id && !one.is_closed; });
    if (run.status && !has_open_child) return close(store, run);
  }
  return {.is_idle = true};
}

Outcome<std::string> Deliverer::find_experiment(const RecordedRun& run) {
  auto& id = experiment_ids_[{run.experiment, run.experiment_id}];
  if (!id.empty()) return id;
  if (run.experiment_id.empty()) {
    auto found = api_.get_or_create_experiment(run.experiment);
    if (found) id = *found;
    return found;
  }
  const std::string hint = "correct or unset MLFLOW_EXPERIMENT_ID";
  const auto found = api_.get_experiment(run.experiment_id);
  if (!found) return is_rejection(found.failure()) ? rejection(found.failure().message, hint) : found.failure();
  if (found->deleted)
    return rejection(fmt::format("experiment {} lies deleted on {}", found->id, api_.server().url), hint);
  if (!run.experiment.empty() && found->name != run.experiment) {
    return rejection(fmt::format("MLFLOW_EXPERIMENT_NAME is `{}`, but MLFLOW_EXPERIMENT_ID {} is `{}` on {}",
                                 run.experiment, found->id, found->name, api_.server().url),
                     "unset one of the two");
  }
  return id = found->id;
}

Outcome<RunInfo> Deliverer::resume(const RecordedRun& run) {
  auto found = api_.get_run(run.resume_id);
  if (!found) {
    auto failure = found.failure();
    if (is_rejection(failure)) failure.hint = "MLFLOW_RUN_ID must name a run of this server";
    return failure;
  }
  if (const auto done = api_.reopen_run(run.resume_id); !done) return done.failure();
  Batch tags;  // what describes the run's origin stays as the run was begun, as with MLflow's own client
  std::copy_if(run.tags.begin(), run.tags.end(), std::back_inserter(tags.tags),
               [](const KeyValue& tag) { return !tag.first.starts_with("mlflow."); });
  if (const auto done = api_.log_batch(run.resume_id, tags); !done) return done.failure();
  return found;
}

Outcome<RunInfo> Deliverer::make_once(JournalStore& store, const RecordedRun& run, const RecordedRun* parent) {
  if (!run.resume_id.empty()) return resume(run);
  const auto experiment_id = parent == nullptr ? find_experiment(run) : Outcome<std::string>(parent->experiment_id);
  if (!experiment_id) return experiment_id.failure();
  if (run.create_tried) {
    const auto found = api_.find_run(*experiment_id, run.uuid);
    if (!found) return found.failure();
    if (found->has_value()) return **found;
  }
  store.mark_create_tried(run.id);
  NewRun wanted{run.name, run.start_ms, run.uuid, run.tags};
  if (parent != nullptr) wanted.tags.emplace_back("mlflow.parentRunId", parent->run_id);
  return api_.create_run(*experiment_id, wanted);
}

Deliverer::Step Deliverer::make(JournalStore& store, RecordedRun run, const RecordedRun* parent) {
  const auto made = make_once(store, run, parent);
  if (!made && is_rejection(made.failure())) return refuse(run, made.failure());
  if (!made) return {.failure = made.failure()};
  run.server = api_.server().url;
  run.experiment_id = made->experiment_id;
  run.run_id = made->id;
  run.artifact_uri = made->artifact_uri;
  store.mark_made(run);
  return {.next_system_step = next_system_step(*made)};
}

Deliverer::Step Deliverer::send_batch(JournalStore& store, const RecordedRun& run, const Waiting& waiting) {
  const auto result = deliver_batch(api_, run.run_id, waiting.batch);
  if (result.failure && !is_rejection(*result.failure)) return {.failure = result.failure};
  if (result.num_rejected > 0) {
    store.mark_refused(run.id, waiting.places, result.num_rejected, result.failure->message);
  } else {
    store.mark_delivered(waiting.places);
  }
  return {.failure = result.failure, .what = fmt::format("{} values of run `{}`", result.num_rejected, run.name)};
}

Deliverer::Step Deliverer::send_files(JournalStore& store, const RecordedRun& run,
                                      const std::vector<WaitingFile>& files) {
  Step step;
  uploader_.upload(run, files, [&](std::size_t i, const Uploader::Result& result) {
    const auto& file = files[i];
    if (result.done) {
      store.mark_file_delivered(file.place, result.content);
      return;
    }
    // A server that answers everything but this file must not hold up the rest for ever.
    auto failure = result.done.failure();
    const bool is_hopeless = failure.status != 0 && ++num_file_attempts_[run.uuid + file.path] >= kMaxFileAttempts;
    if (is_hopeless) failure.kind = Failure::Kind::kRejected;
    if (is_rejection(failure)) {
      store.mark_refused(run.id, {file.place}, 1, failure.message);
    }
    if (step.failure && is_rejection(failure)) return;
    step.failure = failure;
    step.what = fmt::format("{} of run `{}`", file.path, run.name);
  });
  return step;
}

Deliverer::Step Deliverer::send_item(JournalStore& store, const RecordedRun& run, const WaitingItem& item) {
  Done done = std::monostate{};
  if (item.kind == EntryKind::kDataset) {
    done = api_.log_dataset(run.run_id, dataset_from(item.description));
  } else {
    const auto is_whole = models_.advance(run, item);
    if (is_whole && !*is_whole) return {};
    if (!is_whole) done = is_whole.failure();
  }
  if (!done && !is_rejection(done.failure())) return {.failure = done.failure()};
  if (done) {
    store.mark_delivered({item.place});
    return {};
  }
  store.mark_refused(run.id, {item.place}, 1, done.failure().message);
  const auto kind = item.kind == EntryKind::kDataset ? "dataset" : "model";
  return {.failure = done.failure(), .what = fmt::format("{} `{}` of run `{}`", kind, item.name, run.name)};
}

bool Deliverer::has_gone_on(const RecordedRun& run) {
  if (run.status != RunStatus::kKilled) return false;
  const auto found = api_.get_run(run.run_id);
  return found && found->end_ms > run.end_ms;
}

Deliverer::Step Deliverer::close(JournalStore& store, const RecordedRun& run) {
  std::string verdict;
  if (reads_back_) {
    auto& reading = reading_back_.try_emplace(run.uuid, store, run).first->second;
    const auto is_done = reading.advance(api_, store);
    if (!is_done && !is_rejection(is_done.failure())) return {.failure = is_done.failure()};
    if (is_done && !*is_done) return {};
    verdict = is_done ? reading.verdict() : fmt::format("cannot be read back: {}", is_done.failure().message);
  }
  if (has_gone_on(run)) {
    store.mark_closed(run.id, verdict, "");
    return {};
  }
  const auto done = api_.update_run(run.run_id, *run.status, run.end_ms);
  if (!done && !is_rejection(done.failure())) return {.failure = done.failure()};
  store.mark_closed(run.id, verdict, done ? "" : done.failure().message);
  if (done) return {};
  return {.failure = done.failure(), .what = fmt::format("the final status of run `{}`", run.name)};
}

Deliverer::Step Deliverer::refuse(const RecordedRun& run, const Failure& failure) {
  refused_.insert(run.uuid);
  return {.is_run_refused = true, .failure = failure, .what = fmt::format("run `{}`", run.name)};
}

}  // namespace assay::track
