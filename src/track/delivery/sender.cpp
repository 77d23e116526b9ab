#include "track/delivery/sender.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <utility>

#include "core/clock.h"
#include "core/stop.h"
#include "track/delivery/delivery_bar.h"

namespace assay::track {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kDeliverEvery = 1.0;  // seconds: how long a point waits for company

/// Says whether another try within seconds is in vain.
bool is_final(const Failure& failure) { return !failure.connected || failure.kind != Failure::Kind::kTransient; }

}  // namespace

Sender::Sender(MlflowApi api, SenderOptions options)
    : api_(std::move(api)),
      options_(options),
      deliverer_(api_, options.delivery),
      backoff_(options.retry_deadline_s, std::random_device{}(), options.retry) {
  thread_ = std::thread([this] {
    block_signals();
    while (!try_to_work()) std::this_thread::sleep_for(seconds(kDeliverEvery));
  });
}

Sender::~Sender() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  api_.abort();
  deliverer_.abort();
  work_.notify_one();
  thread_.join();
}

void Sender::add(std::shared_ptr<Journal> journal) {
  const std::lock_guard lock(mutex_);
  journals_.push_back(std::move(journal));
  is_woken_ = true;
  work_.notify_one();
}

void Sender::wake() {
  const std::lock_guard lock(mutex_);
  is_woken_ = true;
  work_.notify_one();
}

void Sender::await_start(Journal& journal) {
  const auto is_made = [&] { return next_system_steps_.contains(journal.path()); };
  std::unique_lock lock(mutex_);
  const auto has_news = changed_.wait_for(lock, seconds(options_.start_timeout_s),
                                          [&] { return is_made() || untracked_ || stuck_.contains(journal.path()); });
  if (has_news) return;
  if (!last_failure_) {
    last_failure_ = Failure{};
    last_failure_->message =
        fmt::format("{} has not answered within {:g} s", api_.server().url, options_.start_timeout_s);
    last_failure_->hint = "look at the server's log, or run with track=off";
  }
  tell_outage(journal);
}

std::int64_t Sender::next_system_step(const Journal& journal) const {
  const std::lock_guard lock(mutex_);
  const auto found = next_system_steps_.find(journal.path());
  return found == next_system_steps_.end() ? 0 : found->second;
}

void Sender::finish(Journal& journal) {
  journal.settle();
  std::unique_lock lock(mutex_);
  await_delivery(lock, journal);
  std::erase_if(journals_, [&](const auto& one) { return one.get() == &journal; });
  lock.unlock();
  const auto counts = journal.store().count();
  if (counts.undelivered() == 0) return;
  spdlog::warn("{} of {} tracked values, files and statuses did not reach {}; they are kept\n  hint: `assay sync {}`",
               counts.undelivered(), counts.undelivered() + counts.delivered, api_.server().url,
               journal.record_folder().string());
}

void Sender::await_delivery(std::unique_lock<std::mutex>& lock, Journal& journal) {
  const auto total = journal.store().num_waiting();
  const auto failures_before = num_failures_;
  if (!backoff_.is_told_to_wait()) not_before_ = SteadyTime::min();  // no time to wait
  is_woken_ = true;
  work_.notify_one();
  std::optional<DeliveryBar> bar;
  const Stopwatch watch;
  for (auto waiting = total; waiting > 0; waiting = journal.store().num_waiting()) {
    const double limit_s =
        untracked_ ? std::min(options_.start_timeout_s, options_.flush_timeout_s) : options_.flush_timeout_s;
    const bool is_hopeless = untracked_ && last_failure_ && num_failures_ > failures_before && is_final(*last_failure_);
    if (is_hopeless || watch.seconds() >= limit_s) return;
    changed_.wait_for(lock, seconds(std::min(0.2, limit_s)));
    if (bar || watch.seconds() < 0.5) continue;
    bar.emplace("delivering to MLflow", total, [&] {
      return DeliveryBar::State{total - journal.store().num_waiting(), deliverer_.uploads()};
    });
  }
}

std::int64_t Sender::num_retried() const {
  const std::lock_guard lock(mutex_);
  return num_failures_;
}

std::string Sender::last_error() const {
  const std::lock_guard lock(mutex_);
  return last_failure_ ? last_failure_->message : "";
}

// Nobody could catch what leaves the thread; the memory may suffice again.
bool Sender::try_to_work() noexcept {
  try {
    work();
    return true;
  } catch (const std::exception&) {
    return false;
  }
}

void Sender::work() {
  std::unique_lock lock(mutex_);
  auto next_look = SteadyTime::min();
  while (!stopping_) {
    const auto now = Clock::now();
    const auto due = is_woken_ ? not_before_ : std::max(not_before_, next_look);
    if (now < due) {
      work_.wait_until(lock, due);
      continue;
    }
    is_woken_ = false;
    next_look = now + seconds(kDeliverEvery);
    for (const auto& journal : std::vector(journals_)) {
      if (!deliver(lock, *journal)) break;
    }
  }
}

bool Sender::deliver(std::unique_lock<std::mutex>& lock, Journal& journal) {
  while (!stopping_) {
    lock.unlock();
    const auto step = deliverer_.step(journal.store());
    lock.lock();
    const bool is_refused = step.failure && step.failure->kind == Failure::Kind::kRejected;
    if (step.failure && !is_refused) {
      note_failure(*step.failure, journal);
    } else if (!step.is_idle) {
      note_success();
    }
    if (step.next_system_step) next_system_steps_.emplace(journal.path(), *step.next_system_step);
    if (step.is_run_refused) stuck_.insert(journal.path());
    if (is_refused && told_.insert(journal.path()).second)
      spdlog::warn("{} cannot be tracked: {}", step.what, step.failure->to_string());
    changed_.notify_all();
    if (step.is_idle) return true;
    if (step.failure && !is_refused) return false;
  }
  return false;
}

void Sender::note_success() {
  ever_answered_ = true;
  backoff_.succeed();
  last_failure_.reset();
  if (untracked_) spdlog::info("{} answers again; delivery goes on", api_.server().url);
  untracked_ = false;
}

void Sender::note_failure(const Failure& failure, const Journal& journal) {
  if (stopping_) return;
  const auto now = Clock::now();
  not_before_ = failure.is_pending ? now + seconds(kDeliverEvery) : backoff_.fail(now, failure.retry_after_s);
  ++num_failures_;
  last_failure_ = failure;
  const bool never_there = !ever_answered_ && !failure.connected;
  if (failure.kind == Failure::Kind::kUnusable || never_there || backoff_.is_long(now)) tell_outage(journal);
}

void Sender::tell_outage(const Journal& journal) {
  if (std::exchange(untracked_, true)) return;
  Failure told = *last_failure_;
  told.message += fmt::format("; the run goes on untracked; its record lies in {}", journal.record_folder().string());
  spdlog::warn("{}", told.to_string());
}

}  // namespace assay::track
