#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "core/progress.h"
#include "track/delivery/uploader.h"

namespace assay::track {

/// Shows how far a delivery has come while this lives, from a thread of its own: in entries, and in bytes while the
/// same entries have been on their way for two seconds.
class DeliveryBar {
 public:
  /// How far it has come.
  struct State {
    std::int64_t num_delivered = 0;  ///< entries
    UploadProgress uploads;
  };

  /// Begins. `look` is called from the thread until the destructor is done.
  DeliveryBar(std::string title, std::int64_t num_entries, std::function<State()> look);
  ~DeliveryBar();
  DeliveryBar(const DeliveryBar&) = delete;
  DeliveryBar& operator=(const DeliveryBar&) = delete;

 private:
  void work();
  void draw(const State& state);

  const std::string title_;
  const std::function<State()> look_;

  // The thread's alone once it runs.
  std::optional<Progress> entries_;
  std::optional<Progress> bytes_;
  std::int64_t num_delivered_ = 0;
  std::int64_t num_bytes_ = 0;  // that bytes_ shows in all
  Stopwatch unchanged_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace assay::track
