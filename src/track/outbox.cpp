#include "track/outbox.h"

#include <algorithm>
#include <utility>

namespace assay::track {
namespace {

constexpr double kLingerSeconds = 1.0;  // how long a point waits for company

/// Moves entities from a queue into a batch until a limit is met.
template <typename Entity>
void move_some(std::deque<Entity>& queue, std::vector<Entity>& batch, std::size_t max_count, std::size_t& room_bytes) {
  while (!queue.empty() && max_count > 0) {
    const auto bytes = wire_bytes(queue.front());
    if (bytes > room_bytes) return;
    room_bytes -= bytes;
    --max_count;
    batch.push_back(std::move(queue.front()));
    queue.pop_front();
  }
}

}  // namespace

Outbox::Outbox(NewRun new_run, std::string experiment_name, std::weak_ptr<Outbox> parent_run, std::size_t max_points)
    : run(std::move(new_run)),
      experiment(std::move(experiment_name)),
      parent(std::move(parent_run)),
      max_points_(max_points) {}

bool Outbox::enqueued(bool refused) {
  if (refused || lost_hope_ || ending_) {
    lose(1,
         ending_ ? "logged after the end of the run" : "more was logged than is kept while the server does not answer");
    return false;
  }
  const bool first = !oldest_;
  if (first) oldest_ = std::chrono::steady_clock::now();
  return first || num_queued() + 1 == kMaxBatchEntities;
}

bool Outbox::add_metric(Metric metric) {
  const bool full = metrics_.size() >= max_points_;
  const bool wake = enqueued(full);
  if (!full && !lost_hope_ && !ending_) metrics_.push_back(std::move(metric));
  return wake;
}

bool Outbox::add_params(const std::vector<KeyValue>& params) {
  bool wake = false;
  for (auto& param : take_new_params(params, known_params_)) {
    wake |= enqueued(false);
    if (!lost_hope_ && !ending_) params_.push_back(std::move(param));
  }
  return wake;
}

bool Outbox::add_tag(std::string key, std::string value) {
  if (!tags_.contains(key) || lost_hope_ || ending_) {
    const bool wake = enqueued(false);
    if (!lost_hope_ && !ending_) tags_[std::move(key)] = std::move(value);
    return wake;
  }
  tags_[key] = std::move(value);
  return false;
}

bool Outbox::add_file(std::filesystem::path file, std::string path) {
  if (lost_hope_ || ending_) return enqueued(true);
  files_.push_back({std::move(file), std::move(path), 0});
  return true;
}

bool Outbox::end(Ending ending) {
  if (!ending_) ending_ = ending;
  return true;
}

std::optional<SteadyTime> Outbox::batch_due_time() const {
  if (in_flight_ || (num_queued() > 0 && (ending_ || num_queued() >= kMaxBatchEntities))) return SteadyTime::min();
  if (num_queued() == 0) return std::nullopt;
  return *oldest_ + seconds(kLingerSeconds);
}

bool Outbox::is_batch_due(SteadyTime now) const {
  const auto due = batch_due_time();
  return due && *due <= now;
}

const Batch& Outbox::take_batch() {
  if (in_flight_) return *in_flight_;
  Batch batch;
  std::size_t room_bytes = kMaxBatchBytes;
  move_some(params_, batch.params, kMaxBatchParams, room_bytes);
  while (!tags_.empty() && batch.tags.size() < kMaxBatchTags && wire_bytes(KeyValue(*tags_.begin())) <= room_bytes) {
    batch.tags.emplace_back(*tags_.begin());
    room_bytes -= wire_bytes(batch.tags.back());
    tags_.erase(tags_.begin());
  }
  move_some(metrics_, batch.metrics, kMaxBatchEntities - batch.size(), room_bytes);
  oldest_.reset();
  if (num_queued() > 0) oldest_ = std::chrono::steady_clock::now() - seconds(kLingerSeconds);
  return in_flight_.emplace(std::move(batch));
}

void Outbox::settle_batch(std::size_t sent, std::size_t rejected, const std::string& error) {
  in_flight_.reset();
  num_sent += static_cast<std::int64_t>(sent);
  lose(static_cast<std::int64_t>(rejected), error);
}

void Outbox::settle_file(const std::string& error) {
  files_.pop_front();
  if (error.empty()) {
    ++num_sent;
  } else {
    lose(1, error);
  }
}

bool Outbox::is_ready_to_close() const {
  return ending_ && !in_flight_ && num_queued() == 0 && files_.empty() &&
         std::all_of(children.begin(), children.end(), [](const auto& child) { return child->is_settled(); });
}

void Outbox::settle_close(const std::string& error) {
  closed_ = true;
  if (error.empty()) {
    ++num_sent;
  } else {
    lose(1, error);
  }
}

void Outbox::lose(std::int64_t count, const std::string& error) {
  num_lost += count;
  if (count > 0 && first_error.empty()) first_error = error;
}

void Outbox::give_up(const std::string& error) {
  if (is_settled()) return;
  lose(num_waiting(), error);
  lost_hope_ = true;
  metrics_.clear();
  params_.clear();
  tags_.clear();
  files_.clear();
}

std::int64_t Outbox::num_waiting() const {
  if (is_settled()) return 0;
  return static_cast<std::int64_t>(num_queued() + files_.size() + (in_flight_ ? in_flight_->size() : 0)) + 1;
}

}  // namespace assay::track
