#include "track/sender.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <utility>

#include "core/clock.h"
#include "core/progress.h"
#include "track/batch_delivery.h"

namespace assay::track {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMaxFileAttempts = 6;  // when the server answers, but refuses or fails

std::string with_hint(const Failure& failure) {
  return failure.hint.empty() ? failure.message : failure.message + "\n  hint: " + failure.hint;
}

/// Says whether another try within seconds is in vain.
bool is_final(const Failure& failure) { return !failure.connected || failure.kind != Failure::Kind::kTransient; }

template <typename Visit>
void for_tree(Outbox& outbox, const Visit& visit) {
  for (const auto& child : outbox.children) for_tree(*child, visit);
  visit(outbox);
}

/// Keeps signals for the main thread, and SIGPIPE from anybody.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
}

}  // namespace

Sender::Sender(MlflowApi api, SenderOptions options)
    : api_(std::move(api)), options_(options), backoff_(options.retry_deadline_s, std::random_device{}()) {
  thread_ = std::thread([this] {
    block_signals();
    work();
  });
}

Sender::~Sender() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  api_.abort();
  work_.notify_one();
  thread_.join();
}

std::shared_ptr<Outbox> Sender::open(NewRun run, std::string experiment, const std::shared_ptr<Outbox>& parent,
                                     const std::filesystem::path& record_folder) {
  auto outbox = std::make_shared<Outbox>(std::move(run), std::move(experiment), parent);
  {
    const std::lock_guard lock(mutex_);
    if (!record_folder.empty()) record_folder_ = record_folder;
    if (parent != nullptr) {
      parent->children.push_back(outbox);
      if (parent->ending()) outbox->give_up("begun after the end of its parent");
    }
    outboxes_.push_back(outbox);
  }
  work_.notify_one();
  return outbox;
}

void Sender::await_start(Outbox& outbox) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, seconds(options_.start_timeout_s),
                    [&] { return outbox.made.has_value() || outbox.is_settled() || untracked_; });
  if (outbox.made.has_value() || outbox.is_settled() || untracked_) return;
  if (!last_failure_) {
    last_failure_ = Failure{};
    last_failure_->message =
        fmt::format("{} has not answered within {:g} s", api_.server().url, options_.start_timeout_s);
    last_failure_->hint = "look at the server's log, or run with track=off";
  }
  tell_outage();
}

void Sender::finish(Outbox& outbox, RunStatus status) {
  std::unique_lock lock(mutex_);
  const Outbox::Ending ending{status, wall_clock_ms()};
  for_tree(outbox, [&](Outbox& one) { one.end(ending); });
  work_.notify_one();
  if (outbox.parent.lock() != nullptr || outbox.is_settled()) return;
  await_delivery(lock, outbox);
  std::int64_t num_undelivered = 0;
  std::int64_t num_sent = 0;
  for_tree(outbox, [&](Outbox& one) {
    one.give_up(last_failure_ ? last_failure_->message : api_.server().url + " was too slow");
    num_undelivered += one.num_lost;
    num_sent += one.num_sent;
  });
  std::erase_if(outboxes_, [](const auto& one) { return one->is_settled(); });
  if (num_undelivered > 0) {
    spdlog::warn("{} of {} tracked values, files and statuses did not reach {}{}", num_undelivered,
                 num_undelivered + num_sent, api_.server().url, where_the_record_lies());
  }
}

void Sender::await_delivery(std::unique_lock<std::mutex>& lock, Outbox& root) {
  const auto num_waiting = [&] {
    std::int64_t count = 0;
    for_tree(root, [&](Outbox& one) { count += one.num_waiting(); });
    return count;
  };
  const auto total = num_waiting();
  const auto failures_before = num_failures_;
  not_before_ = SteadyTime::min();  // no time to wait
  work_.notify_one();
  std::optional<Progress> progress;
  const Stopwatch watch;
  while (!root.is_settled()) {
    const double limit_s =
        untracked_ ? std::min(options_.start_timeout_s, options_.flush_timeout_s) : options_.flush_timeout_s;
    const bool is_hopeless = untracked_ && num_failures_ > failures_before && is_final(*last_failure_);
    if (is_hopeless || watch.seconds() >= limit_s) return;
    changed_.wait_for(lock, seconds(std::min(0.2, limit_s)));
    if (watch.seconds() < 0.5) continue;
    const auto done = total - num_waiting();
    lock.unlock();
    if (!progress) progress.emplace("delivering to MLflow", total);
    progress->update(done);
    lock.lock();
  }
}

Delivery Sender::delivery(const Outbox& outbox) const {
  const std::lock_guard lock(mutex_);
  Delivery delivery;
  delivery.backend = "mlflow";
  const auto add = [&](const auto& self, const Outbox& one) -> void {
    delivery.sent += one.num_sent;
    delivery.retried += one.num_retried;
    delivery.undelivered += one.num_lost + one.num_waiting();
    if (delivery.first_error.empty()) delivery.first_error = one.first_error;
    for (const auto& child : one.children) self(self, *child);
  };
  add(add, outbox);
  if (outbox.made) {
    delivery.run_id = outbox.made->id;
    delivery.url = api_.run_page(outbox.made->experiment_id, outbox.made->id);
  }
  if (delivery.undelivered > 0 && delivery.first_error.empty() && last_failure_)
    delivery.first_error = last_failure_->message;
  return delivery;
}

void Sender::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const Step step = next_step(Clock::now());
    if (step.outbox != nullptr) {
      perform(lock, *step.outbox, step.task);
      changed_.notify_all();
    } else if (step.wake == SteadyTime::max()) {
      work_.wait(lock);
    } else {
      work_.wait_until(lock, step.wake);
    }
  }
}

Sender::Step Sender::next_step(SteadyTime now) {
  if (now < not_before_) return {nullptr, Task::kCreate, not_before_};
  Step idle;
  for (const auto& outbox : outboxes_) {
    if (outbox->is_settled()) continue;
    if (!outbox->made) {
      const auto parent = outbox->parent.lock();
      if (parent == nullptr || parent->made) return {outbox, Task::kCreate, now};
      if (parent->is_settled()) outbox->give_up(parent->first_error);
      continue;
    }
    if (outbox->is_batch_due(now)) return {outbox, Task::kBatch, now};
    if (outbox->next_file() != nullptr) return {outbox, Task::kFile, now};
    if (outbox->is_ready_to_close()) return {outbox, Task::kClose, now};
    if (const auto due = outbox->batch_due_time()) idle.wake = std::min(idle.wake, *due);
  }
  return idle;
}

void Sender::perform(std::unique_lock<std::mutex>& lock, Outbox& outbox, Task task) {
  switch (task) {
    case Task::kCreate:
      return create(lock, outbox);
    case Task::kBatch:
      return send_batch(lock, outbox);
    case Task::kFile:
      return send_file(lock, outbox);
    case Task::kClose:
      return close(lock, outbox);
  }
}

Outcome<RunInfo> Sender::create_once(Outbox& outbox, const std::string& parent_id) {
  auto& experiment_id = experiment_ids_[outbox.experiment];
  if (experiment_id.empty()) {
    const auto found = api_.get_or_create_experiment(outbox.experiment);
    if (!found) return found.failure();
    experiment_id = *found;
  }
  if (outbox.create_tried) {
    const auto found = api_.find_run(experiment_id, outbox.run.uuid);
    if (!found) return found.failure();
    if (found->has_value()) return **found;
  }
  outbox.create_tried = true;
  NewRun run = outbox.run;
  if (!parent_id.empty()) run.tags.emplace_back("mlflow.parentRunId", parent_id);
  return api_.create_run(experiment_id, run);
}

void Sender::create(std::unique_lock<std::mutex>& lock, Outbox& outbox) {
  const auto parent = outbox.parent.lock();
  const std::string parent_id = parent == nullptr ? "" : parent->made->id;
  lock.unlock();
  const auto made = create_once(outbox, parent_id);
  lock.lock();
  if (!made && made.failure().kind != Failure::Kind::kRejected) return note_failure(outbox, made.failure());
  note_success();
  if (outbox.is_settled()) return;
  if (made) {
    outbox.made = *made;
  } else {
    tell_rejection(outbox, made.failure(), "the run");
    outbox.give_up(made.failure().message);
  }
}

void Sender::send_batch(std::unique_lock<std::mutex>& lock, Outbox& outbox) {
  const Batch& batch = outbox.take_batch();
  const std::string run_id = outbox.made->id;
  lock.unlock();
  const auto result = deliver_batch(api_, run_id, batch);
  lock.lock();
  if (result.failure && result.failure->kind != Failure::Kind::kRejected) return note_failure(outbox, *result.failure);
  note_success();
  if (outbox.is_settled()) return;
  if (result.failure) tell_rejection(outbox, *result.failure, fmt::format("{} values", result.num_rejected));
  outbox.settle_batch(result.num_sent, result.num_rejected, result.failure ? result.failure->message : "");
}

void Sender::send_file(std::unique_lock<std::mutex>& lock, Outbox& outbox) {
  const Outbox::File file = *outbox.next_file();
  const std::string artifact_uri = outbox.made->artifact_uri;
  lock.unlock();
  const auto done = api_.upload_artifact(artifact_uri, file.file, file.path);
  lock.lock();
  if (outbox.is_settled()) return;
  if (done) {
    note_success();
    return outbox.settle_file("");
  }
  // A server that answers everything but this file must not hold up the rest for ever.
  const Failure& failure = done.failure();
  const bool is_lost = failure.kind == Failure::Kind::kRejected ||
                       (failure.status != 0 && outbox.count_file_attempt() >= kMaxFileAttempts);
  if (!is_lost) return note_failure(outbox, failure);
  note_success();
  tell_rejection(outbox, failure, file.path);
  outbox.settle_file(failure.message);
}

void Sender::close(std::unique_lock<std::mutex>& lock, Outbox& outbox) {
  const Outbox::Ending ending = *outbox.ending();
  const std::string run_id = outbox.made->id;
  lock.unlock();
  const auto done = api_.update_run(run_id, ending.status, ending.end_ms);
  lock.lock();
  if (!done && done.failure().kind != Failure::Kind::kRejected) return note_failure(outbox, done.failure());
  note_success();
  if (outbox.is_settled()) return;
  if (!done) tell_rejection(outbox, done.failure(), "the final status");
  outbox.settle_close(done ? "" : done.failure().message);
}

void Sender::note_success() {
  ever_answered_ = true;
  backoff_.succeed();
  if (untracked_) spdlog::info("{} answers again; delivery goes on", api_.server().url);
  untracked_ = false;
}

void Sender::note_failure(Outbox& outbox, const Failure& failure) {
  if (stopping_) return;
  const auto now = Clock::now();
  not_before_ = backoff_.fail(now);
  ++num_failures_;
  ++outbox.num_retried;
  last_failure_ = failure;
  const bool never_there = !ever_answered_ && !failure.connected;
  if (failure.kind == Failure::Kind::kUnusable || never_there || backoff_.is_long(now)) tell_outage();
}

void Sender::tell_outage() {
  if (untracked_) return;
  untracked_ = true;
  Failure told = *last_failure_;
  told.message += fmt::format("; the run goes on untracked{}", where_the_record_lies());
  spdlog::warn("{}", with_hint(told));
}

void Sender::tell_rejection(const Outbox& outbox, const Failure& failure, std::string_view what) {
  if (outbox.num_lost > 0) return;  // once a run
  spdlog::warn("{} of run `{}` cannot be tracked: {}", what, outbox.run.name, with_hint(failure));
}

std::string Sender::where_the_record_lies() const {
  return record_folder_.empty() ? "" : fmt::format("; its record lies in {}", record_folder_.string());
}

}  // namespace assay::track
