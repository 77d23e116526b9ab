#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

#include "track/system/usage_meter.h"

namespace assay::track {

/// Measures this process, and how far the cgroup that limits it is used: MLflow sees only the machine, of which a
/// container may have a small part.
class ContainerUsage : public UsageMeter {
 public:
  using Clock = std::function<double()>;  ///< Units: seconds

  /// Takes the counters from which utilization counts. `root` stands for "/" and `clock` for the steady clock in tests.
  explicit ContainerUsage(std::filesystem::path root = "/", Clock clock = {});

  void measure(std::vector<Measurement>& measurements) override;

 private:
  void measure_process(std::vector<Measurement>& measurements) const;
  void measure_cgroup_memory(std::vector<Measurement>& measurements) const;
  void measure_cgroup_cpu(std::vector<Measurement>& measurements);

  std::filesystem::path root_;
  Clock clock_;
  std::optional<std::int64_t> cpu_used_us_;
  double cpu_time_s_ = 0.0;
};

}  // namespace assay::track
