#include "track/system/container_usage.h"

#include <chrono>
#include <utility>

#include "core/cgroup.h"
#include "core/system_file.h"

namespace assay::track {
namespace {

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

ContainerUsage::ContainerUsage(std::filesystem::path root, Clock clock)
    : root_(std::move(root)), clock_(clock ? std::move(clock) : steady_seconds), cpu_time_s_(clock_()) {
  const auto cpu = find_cgroup_cpu(root_);
  if (cpu) cpu_used_us_ = cpu->used_us;
}

void ContainerUsage::measure(std::vector<Measurement>& measurements) {
  measure_process(measurements);
  measure_cgroup_memory(measurements);
  measure_cgroup_cpu(measurements);
}

void ContainerUsage::measure_process(std::vector<Measurement>& measurements) const {
  const auto text = read_system_file(root_ / "proc/self/status");
  const auto add = [&](const char* name, const char* field) {
    const auto kilobytes = parse_count(find_field(text, field));
    if (kilobytes) measurements.push_back({name, static_cast<double>(*kilobytes) * 1024 / kBytesPerMegabyte});
  };
  add("process_memory_megabytes", "VmRSS");
  add("process_memory_peak_megabytes", "VmHWM");
}

void ContainerUsage::measure_cgroup_memory(std::vector<Measurement>& measurements) const {
  const auto memory = find_cgroup_memory(root_);
  if (!memory) return;
  const auto used = static_cast<double>(memory->used_bytes);
  const auto limit = static_cast<double>(memory->limit_bytes);
  measurements.push_back({"cgroup_memory_usage_megabytes", used / kBytesPerMegabyte});
  measurements.push_back({"cgroup_memory_limit_megabytes", limit / kBytesPerMegabyte});
  if (limit > 0) measurements.push_back({"cgroup_memory_usage_percentage", used / limit * 100});
}

void ContainerUsage::measure_cgroup_cpu(std::vector<Measurement>& measurements) {
  const auto cpu = find_cgroup_cpu(root_);
  if (!cpu) return;
  measurements.push_back({"cgroup_cpu_limit_cores", cpu->limit_cores});
  // The kernel sums up a group's time now and then: over less than this it says nothing.
  constexpr double kShortestSpan = 0.1;
  const auto now_s = clock_();
  const auto elapsed_s = now_s - cpu_time_s_;
  if (elapsed_s < kShortestSpan) return;
  cpu_time_s_ = now_s;
  const auto before_us = std::exchange(cpu_used_us_, cpu->used_us);
  if (!cpu->used_us || !before_us || *cpu->used_us < *before_us) return;
  const auto used_s = static_cast<double>(*cpu->used_us - *before_us) / 1e6;
  measurements.push_back({"cgroup_cpu_utilization_percentage", used_s / (elapsed_s * cpu->limit_cores) * 100});
}

}  // namespace assay::track
