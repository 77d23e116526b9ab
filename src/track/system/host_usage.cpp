#include "track/system/host_usage.h"

#include <sys/statvfs.h>

#include <algorithm>
#include <numeric>
#include <sstream>
#include <utility>

#include "core/system_file.h"

namespace assay::track {

namespace {

/// Counts from a counter's last value; one that went back began anew at 0.
std::int64_t growth(std::int64_t before, std::int64_t now) { return now >= before ? now - before : now; }

}  // namespace

HostUsage::HostUsage(std::filesystem::path root)
    : root_(std::move(root)), cpu_times_(read_cpu_times()), traffic_(read_traffic()) {}

void HostUsage::measure(std::vector<Measurement>& measurements) {
  measure_cpu(measurements);
  measure_memory(measurements);
  measure_disk(measurements);
  measure_network(measurements);
}

std::optional<HostUsage::CpuTimes> HostUsage::read_cpu_times() const {
  constexpr std::size_t kFewest = 4;
  const auto text = read_system_file(root_ / "proc/stat");
  const auto line = find_field(text, "cpu");
  std::istringstream words{std::string(line)};
  CpuTimes times{};
  std::size_t num_read = 0;
  for (std::string word; num_read < times.size() && words >> word; ++num_read) {
    const auto ticks = parse_count(word);
    if (!ticks) return std::nullopt;
    times[num_read] = *ticks;
  }
  return num_read >= kFewest ? std::optional(times) : std::nullopt;
}

void HostUsage::measure_cpu(std::vector<Measurement>& measurements) {
  constexpr std::size_t kIdle = 3;
  constexpr std::size_t kIoWait = 4;
  constexpr std::size_t kNumParts = 8;  // the guests' times behind are part of the user's
  const auto now = read_cpu_times();
  const auto before = std::exchange(cpu_times_, now);
  if (!now || !before) return;
  CpuTimes spent{};
  for (std::size_t i = 0; i < spent.size(); ++i) spent[i] = std::max<std::int64_t>(0, (*now)[i] - (*before)[i]);
  const auto all = std::accumulate(spent.begin(), spent.begin() + kNumParts, std::int64_t{0});
  if (all == 0) return;
  const auto busy = static_cast<double>(all - spent[kIdle] - spent[kIoWait]);
  measurements.push_back({"cpu_utilization_percentage", round_to_tenth(busy / static_cast<double>(all) * 100)});
}

void HostUsage::measure_memory(std::vector<Measurement>& measurements) const {
  const auto text = read_system_file(root_ / "proc/meminfo");
  const auto total = parse_count(find_field(text, "MemTotal"));
  auto available = parse_count(find_field(text, "MemAvailable"));
  if (total && available && *available > *total) available = parse_count(find_field(text, "MemFree"));  // seen in LXC
  if (!total || !available || *total == 0 || *available > *total) return;
  const auto used = static_cast<double>(*total - *available);
  measurements.push_back({"system_memory_usage_megabytes", used * 1024 / kBytesPerMegabyte});
  measurements.push_back({"system_memory_usage_percentage", used / static_cast<double>(*total) * 100});
}

void HostUsage::measure_disk(std::vector<Measurement>& measurements) const {
  struct statvfs disk {};
  if (::statvfs(root_.c_str(), &disk) != 0 || disk.f_blocks == 0) return;
  const auto block = static_cast<double>(disk.f_frsize);
  const auto used = static_cast<double>(disk.f_blocks - disk.f_bfree) * block;
  const auto available = static_cast<double>(disk.f_bavail) * block;
  measurements.push_back({"disk_usage_percentage", round_to_tenth(used / (used + available) * 100)});
  measurements.push_back({"disk_usage_megabytes", used / kBytesPerMegabyte});
  measurements.push_back({"disk_available_megabytes", available / kBytesPerMegabyte});
}

std::map<std::string, HostUsage::Traffic, std::less<>> HostUsage::read_traffic() const {
  constexpr std::size_t kSentColumn = 8;
  std::map<std::string, Traffic, std::less<>> traffic;
  std::istringstream lines(read_system_file(root_ / "proc/net/dev"));
  for (std::string line; std::getline(lines, line);) {
    const auto colon = line.rfind(':');
    if (colon == std::string::npos) continue;
    std::istringstream name(line.substr(0, colon));
    std::istringstream columns(line.substr(colon + 1));
    std::string interface;
    name >> interface;
    std::vector<std::optional<std::int64_t>> counts;
    for (std::string word; columns >> word;) counts.push_back(parse_count(word));
    if (counts.size() <= kSentColumn || !counts[0] || !counts[kSentColumn]) continue;
    traffic[interface] = {*counts[0], *counts[kSentColumn]};
  }
  return traffic;
}

void HostUsage::measure_network(std::vector<Measurement>& measurements) {
  auto now = read_traffic();
  if (now.empty()) return;
  for (const auto& [interface, traffic] : now) {
    const auto before = traffic_[interface];
    total_.received_bytes += growth(before.received_bytes, traffic.received_bytes);
    total_.sent_bytes += growth(before.sent_bytes, traffic.sent_bytes);
  }
  traffic_ = std::move(now);
  const auto megabytes = [](std::int64_t bytes) { return static_cast<double>(bytes) / kBytesPerMegabyte; };
  measurements.push_back({"network_receive_megabytes", megabytes(total_.received_bytes), true});
  measurements.push_back({"network_transmit_megabytes", megabytes(total_.sent_bytes), true});
}

}  // namespace assay::track
