#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <filesystem>

namespace assay::train {

/// Records LibTorch's operations during some steps of a process, after a few warm-up steps: `trace.json` for
/// chrome://tracing or Perfetto, and `operations.txt`, a table of the operations by their time.
class Profile {
 public:
  /// Does nothing if `folder` is empty.
  Profile(std::filesystem::path folder, c10::Device device);
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  /// Called around each step.
  void before_step();
  void after_step();

 private:
  void start();
  void stop();

  std::filesystem::path folder_;
  c10::Device device_;
  std::int64_t num_steps_ = 0;
  bool running_ = false;
};

}  // namespace assay::train
