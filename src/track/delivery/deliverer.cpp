#include "track/delivery/deliverer.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <iterator>

#include "track/system/system_metrics.h"

namespace assay::track {
namespace {

constexpr std::size_t kNumConnections = 4;
constexpr std::size_t kFilesPerStep = 64;
constexpr int kMaxFileAttempts = 6;  // when the server answers, but refuses or fails

bool is_rejection(const Failure& failure) { return failure.kind == Failure::Kind::kRejected; }

/// Says whether a server refused what a request holds, not the state in which it finds itself.
bool is_about_content(const Failure& failure) {
  constexpr int kTooLarge = 413;
  return failure.code == "INVALID_PARAMETER_VALUE" || failure.code == "BAD_REQUEST" || failure.status == kTooLarge;
}

std::string describe(const Batch& batch, const RecordedRun& run) {
  const auto what = batch.size() > 1         ? fmt::format("{} values", batch.size())
                    : !batch.metrics.empty() ? fmt::format("a point of `{}`", batch.metrics[0].key)
                    : !batch.params.empty()  ? fmt::format("param `{}`", batch.params[0].first)
                                             : fmt::format("tag `{}`", batch.tags[0].first);
  return fmt::format("{} of run `{}`", what, run.name);
}

constexpr auto kErrorTag = "assay.error";
constexpr auto kParentTag = "mlflow.parentRunId";
constexpr auto kUnknown = "RESOURCE_DOES_NOT_EXIST";

Failure deleted(const RunInfo& run, const TrackingServer& server) {
  return rejection(fmt::format("run {} lies deleted on {}", run.id, server.url),
                   fmt::format("restore it (`mlflow runs restore --run-id {}`) and use `assay sync`", run.id));
}

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
    : api_(api), options_(options), uploader_(api, kNumConnections, options.multipart), models_(api, uploader_) {}

Deliverer::Step Deliverer::step(JournalStore& store) try {
  return do_next(store);
} catch (const std::exception& error) {
  Failure failure;
  failure.kind = Failure::Kind::kUnusable;
  failure.message = error.what();
  return {.failure = failure};
}

Deliverer::Step Deliverer::do_next(JournalStore& store) {
  const auto runs = store.runs();
  for (const auto& run : runs) {
    if (run.is_closed || run.is_refused) continue;
    if (run.server.empty()) {
      const auto* parent = find_run(runs, run.parent);
      if (parent == nullptr || !parent->run_id.empty()) return make(store, run, parent);
      if (parent->is_refused)
        return refuse(store, run, rejection(fmt::format("so is run `{}` above it", parent->name)));
      continue;
    }
    if (run.server != api_.server().url) {
      deliver_again(store);
      return {};
    }
    const auto waiting = store.next_batch(run.id, batch_size_);
    if (!waiting.places.empty()) return send_batch(store, run, waiting);
    if (const auto files = store.next_files(run.id, kFilesPerStep); !files.empty())
      return send_files(store, run, files);
    if (const auto item = store.next_item(run.id)) return send_item(store, run, *item);
    const bool has_open_child = std::any_of(runs.begin(), runs.end(), [&](const auto& one) {
      return one.parent == run.id && !one.is_closed && !one.is_refused;
    });
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
    if (found.failure().code != kUnknown) return found.failure();
    return rejection(found.failure().message, "MLFLOW_RUN_ID must name a run of this server");
  }
  if (found->is_deleted) return deleted(*found, api_.server());
  if (const auto done = api_.reopen_run(run.resume_id); !done) return done.failure();
  if (!found->tag(kErrorTag).empty()) {
    if (const auto done = api_.delete_tag(run.resume_id, kErrorTag); !done) return done.failure();
  }
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
    const auto found = api_.find_runs(*experiment_id, run.uuid);
    if (!found) return found.failure();
    if (!found->empty() && found->front().is_deleted) return deleted(found->front(), api_.server());
    if (!found->empty()) return adopt(found->front(), parent);
  }
  const auto thing = fmt::format("run `{}` ({})", run.name, run.uuid);
  if (auto failure = late_.hold_back(thing)) return *std::move(failure);
  store.mark_create_tried(run.id);
  NewRun wanted{run.name, run.start_ms, run.uuid, run.tags};
  if (parent != nullptr) wanted.tags.emplace_back(kParentTag, parent->run_id);
  const auto sent = SteadyTime::clock::now();
  auto made = api_.create_run(*experiment_id, wanted);
  if (!made) late_.note(thing, made.failure(), sent);
  return made;
}

Outcome<RunInfo> Deliverer::adopt(const RunInfo& found, const RecordedRun* parent) {
  if (parent == nullptr || found.tag(kParentTag) == parent->run_id) return found;
  const auto done = api_.set_tag(found.id, kParentTag, parent->run_id);
  return done ? Outcome<RunInfo>(found) : done.failure();
}

Deliverer::Step Deliverer::make(JournalStore& store, RecordedRun run, const RecordedRun* parent) {
  const auto made = make_once(store, run, parent);
  if (!made) {
    auto failure = made.failure();
    if (failure.code == kUnknown) experiment_ids_.clear();
    if (is_rejection(failure) && (failure.status == 0 || failure.code == "INVALID_PARAMETER_VALUE"))
      return refuse(store, run, failure);
    // Whatever else a server answers, it says nothing of this run.
    if (is_rejection(failure)) failure.kind = Failure::Kind::kTransient;
    return {.failure = failure};
  }
  run.server = api_.server().url;
  run.experiment_id = made->experiment_id;
  run.run_id = made->id;
  run.artifact_uri = made->artifact_uri;
  store.mark_made(run);
  return {.next_system_step = next_system_step(*made)};
}

// A run that was stopped behind its last saved state goes over the same steps again; the server would keep both points.
Done Deliverer::leave_out_known_steps(const RecordedRun& run, Batch& batch) {
  if (run.resume_id.empty()) return std::monostate{};
  for (const auto& point : batch.metrics) {
    const auto [place, is_new] = known_steps_.try_emplace({run.uuid, point.key});
    if (!is_new) continue;
    const auto history = api_.metric_history(run.run_id, point.key);
    if (!history) {
      known_steps_.erase(place);
      return done(history);
    }
    for (const auto& known : *history) {
      if (known.timestamp_ms < run.start_ms) place->second.insert(known.step);
    }
  }
  std::erase_if(batch.metrics, [&](const Metric& point) {
    return known_steps_.at({run.uuid, point.key}).contains(point.step);
  });
  return std::monostate{};
}

// The server refuses a batch whole when one entity is bad: it is made smaller until the bad ones are alone.
Deliverer::Step Deliverer::send_batch(JournalStore& store, const RecordedRun& run, const Waiting& waiting) {
  auto batch = waiting.batch;
  if (const auto known = leave_out_known_steps(run, batch); !known) return {.failure = known.failure()};
  const auto done = batch.size() == 0 ? Done(std::monostate{}) : api_.log_batch(run.run_id, batch);
  if (done) {
    batch_size_ = std::min(2 * batch_size_, kMaxBatchEntities);
    store.mark_delivered(waiting.places);
    return {};
  }
  auto failure = done.failure();
  if (!is_rejection(failure)) return {.failure = failure};
  if (auto absence = find_absence(store, run)) return *absence;
  if (waiting.places.size() > 1 && is_about_content(failure)) {
    batch_size_ = waiting.places.size() / 2;
    return {};
  }
  if (!run.resume_id.empty() && !waiting.batch.params.empty())
    failure.hint = "a run that goes on keeps its params: unset MLFLOW_RUN_ID to begin another";
  store.mark_refused(run.id, waiting.places, failure.message);
  return {.failure = failure, .what = describe(waiting.batch, run)};
}

Deliverer::Step Deliverer::send_files(JournalStore& store, const RecordedRun& run,
                                      const std::vector<WaitingFile>& files) {
  // The artifact proxy takes files of runs that the server does not know.
  if (auto absence = find_absence(store, run)) return *absence;
  Step step;
  std::vector<std::pair<std::int64_t, std::string>> refused;
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
    if (is_rejection(failure)) refused.emplace_back(file.place, failure.message);
    if (step.failure && is_rejection(failure)) return;
    step.failure = failure;
    step.what = fmt::format("{} of run `{}`", file.path, run.name);
  });
  for (const auto& [place, why] : refused) store.mark_refused(run.id, {place}, why);
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
  if (done) {
    store.mark_delivered({item.place});
    return {};
  }
  if (!is_rejection(done.failure())) return {.failure = done.failure()};
  if (auto absence = find_absence(store, run)) return *absence;
  store.mark_refused(run.id, {item.place}, done.failure().message);
  const auto kind = item.kind == EntryKind::kDataset ? "dataset" : "model";
  return {.failure = done.failure(), .what = fmt::format("{} `{}` of run `{}`", kind, item.name, run.name)};
}

bool Deliverer::has_gone_on(const RecordedRun& run) {
  if (run.status != RunStatus::kKilled) return false;
  const auto found = api_.get_run(run.run_id);
  if (!found || found->end_ms <= run.end_ms) return false;
  // Its error came late, too.
  if (found->status == to_string(RunStatus::kFinished) && !found->tag(kErrorTag).empty())
    api_.delete_tag(run.run_id, kErrorTag);
  return true;
}

Deliverer::Step Deliverer::close(JournalStore& store, const RecordedRun& run) {
  std::string verdict;
  if (options_.reads_back) {
    if (!reading_back_.contains(run.uuid)) {
      if (auto absence = find_absence(store, run)) return *absence;
    }
    auto& reading = reading_back_.try_emplace(run.uuid, store, run).first->second;
    const auto is_done = reading.advance(api_, store);
    if (!is_done && !is_rejection(is_done.failure())) return {.failure = is_done.failure()};
    if (is_done && !*is_done) return {};
    if (!is_done) {
      if (auto absence = find_absence(store, run)) return *absence;
    }
    verdict = is_done ? reading.verdict() : fmt::format("cannot be read back: {}", is_done.failure().message);
  }
  if (!has_gone_on(run)) {
    const auto done = api_.update_run(run.run_id, *run.status, run.end_ms);
    if (!done && !is_rejection(done.failure())) return {.failure = done.failure()};
    if (!done) {
      if (auto absence = find_absence(store, run)) return *absence;
      return refuse(store, run, done.failure());
    }
  }
  if (const auto done = remove_doubles(run); !done) {
    if (!is_rejection(done.failure())) return {.failure = done.failure()};
    verdict = fmt::format("made more than once: {}", done.failure().message);
  }
  store.mark_closed(run.id, verdict);
  return {};
}

Done Deliverer::remove_doubles(const RecordedRun& run) {
  if (!run.resume_id.empty()) return std::monostate{};
  const auto found = api_.find_runs(run.experiment_id, run.uuid);
  if (!found) return done(found);
  for (const auto& one : *found) {
    if (one.id == run.run_id || one.is_deleted) continue;
    if (auto deletion = api_.delete_run(one.id); !deletion) return deletion;
  }
  return std::monostate{};
}

std::optional<Deliverer::Step> Deliverer::find_absence(JournalStore& store, const RecordedRun& run) {
  const auto found = api_.get_run(run.run_id);
  if (found && found->is_deleted) return refuse(store, run, deleted(*found, api_.server()));
  if (found && found->artifact_uri != run.artifact_uri) {
    // A login goes to that address: the server is to be believed, not a file.
    auto known = run;
    known.artifact_uri = found->artifact_uri;
    store.mark_made(known);
    return Step{};
  }
  if (found) return std::nullopt;
  auto failure = found.failure();
  if (failure.code == kUnknown) return miss(store, run);
  // A server that refuses even this is in no state to refuse anything.
  if (is_rejection(failure)) failure.kind = Failure::Kind::kTransient;
  return Step{.failure = failure};
}

Deliverer::Step Deliverer::miss(JournalStore& store, const RecordedRun& run) {
  models_.forget();
  const auto experiment = api_.get_experiment(run.experiment_id);
  if (!experiment && experiment.failure().code != kUnknown) return {.failure = experiment.failure()};
  const bool is_known = experiment && (run.experiment.empty() || experiment->name == run.experiment);
  Failure failure;
  if (is_known || options_.moves) {
    failure.message = fmt::format("{} does not know run `{}` any more; all of it is sent again", run.server, run.name);
    spdlog::warn("{}", failure.message);
    deliver_again(store);
  } else {
    failure.kind = Failure::Kind::kUnusable;
    failure.message = fmt::format(
        "{} knows neither run `{}` nor its experiment: it is another server than before, or "
        "has lost its data",
        run.server, run.name);
    failure.hint = fmt::format("to have all of it there: `assay sync --tracking-uri {}`", run.server);
  }
  return {.failure = failure};
}

void Deliverer::deliver_again(JournalStore& store) {
  store.deliver_again();
  reading_back_.clear();
  experiment_ids_.clear();
  models_.forget();
}

Deliverer::Step Deliverer::refuse(JournalStore& store, const RecordedRun& run, const Failure& failure) {
  store.mark_run_refused(run.id, failure.message);
  return {.is_run_refused = true, .failure = failure, .what = fmt::format("run `{}`", run.name)};
}

}  // namespace assay::track
