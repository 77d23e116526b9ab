#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "track/system/usage_meter.h"

namespace assay::track {

/// Measures the whole machine as MLflow does: processors, memory, the disk of "/" and the network. Where MLflow logs a
/// first processor utilization of 0, for there is nothing to compare with yet, none is given.
/// Source: MLflow 3.17, mlflow/system_metrics/metrics; psutil 7.2, _pslinux.py and _psposix.py, for what it calls so.
class HostUsage : public UsageMeter {
 public:
  /// Takes the counters from which utilization and traffic count. `root` stands for "/" in tests.
  explicit HostUsage(std::filesystem::path root = "/");

  void measure(std::vector<Measurement>& measurements) override;

 private:
  /// user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice; old kernels have fewer.
  using CpuTimes = std::array<std::int64_t, 10>;

  struct Traffic {
    std::int64_t received_bytes = 0;
    std::int64_t sent_bytes = 0;
  };

  std::optional<CpuTimes> read_cpu_times() const;
  std::map<std::string, Traffic, std::less<>> read_traffic() const;
  void measure_cpu(std::vector<Measurement>& measurements);
  void measure_memory(std::vector<Measurement>& measurements) const;
  void measure_disk(std::vector<Measurement>& measurements) const;
  void measure_network(std::vector<Measurement>& measurements);

  std::filesystem::path root_;
  std::optional<CpuTimes> cpu_times_;
  std::map<std::string, Traffic, std::less<>> traffic_;  // of each interface, as last read
  Traffic total_;                                        // since the start
};

}  // namespace assay::track
