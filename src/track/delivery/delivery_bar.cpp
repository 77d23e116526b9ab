#include "track/delivery/delivery_bar.h"

#include <chrono>
#include <utility>

#include "core/error.h"
#include "core/stop.h"

namespace assay::track {
namespace {

constexpr std::chrono::milliseconds kInterval(200);
constexpr double kLongWait = 2.0;  // seconds
constexpr std::int64_t kMegabyte = 1'000'000;

}  // namespace

DeliveryBar::DeliveryBar(std::string title, std::int64_t num_entries, std::function<State()> look)
    : title_(std::move(title)), look_(std::move(look)) {
  entries_.emplace(title_, num_entries);
  thread_ = std::thread([this] {
    block_signals();
    work();
  });
}

DeliveryBar::~DeliveryBar() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void DeliveryBar::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    lock.unlock();
    try {
      draw(look_());
    } catch (const Error&) {
      return;  // the delivery itself meets it too, and tells
    }
    lock.lock();
    changed_.wait_for(lock, kInterval, [this] { return stopping_; });
  }
}

void DeliveryBar::draw(const State& state) {
  if (std::exchange(num_delivered_, state.num_delivered) != state.num_delivered) unchanged_ = Stopwatch();
  const auto& uploads = state.uploads;
  if (uploads.num_total < kMegabyte || unchanged_.seconds() < kLongWait) {
    bytes_.reset();
    entries_->update(state.num_delivered);
    return;
  }
  if (std::exchange(num_bytes_, uploads.num_total) != uploads.num_total) bytes_.reset();
  if (!bytes_) {
    entries_->finish();
    bytes_.emplace(title_ + ", megabytes", uploads.num_total / kMegabyte);
  }
  bytes_->update(uploads.num_sent / kMegabyte);
}

}  // namespace assay::track
