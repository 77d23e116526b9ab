#include "device/host.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <sstream>

#include "core/cgroup.h"
#include "core/error.h"
#include "core/system_file.h"
#include "device/resident_memory.h"

namespace assay::device {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> find_isa() {
  constexpr std::array kNames = {"avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimd"};
  const auto cpuinfo = read_system_file("/proc/cpuinfo");
  std::istringstream words(fmt::format("{} {}", find_field(cpuinfo, "flags"), find_field(cpuinfo, "Features")));
  std::vector<std::string> present;
  for (std::string word; words >> word;) {
    if (std::find(kNames.begin(), kNames.end(), word) != kNames.end()) present.push_back(word);
  }
  return present;
}

int count_usable_cores() {
  cpu_set_t mask;
  CPU_ZERO(&mask);
  if (::sched_getaffinity(0, sizeof(mask), &mask) != 0) return 1;
  return std::max(1, CPU_COUNT(&mask));
}

std::int64_t meminfo_bytes(const fs::path& path, const std::string& key) {
  const auto kilobytes = parse_count(find_field(read_system_file(path), key));
  if (!kilobytes) throw Error(ErrorKind::kData, fmt::format("{} does not contain {}", path.string(), key));
  return *kilobytes * 1024;
}

// Returns 0 if there is none.
std::int64_t address_space_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_AS, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return 0;
  return static_cast<std::int64_t>(limit.rlim_cur);
}

}  // namespace

Host inspect_host() {
  Host host;
  host.cpu_name = find_field(read_system_file("/proc/cpuinfo"), "model name");
  host.isa = find_isa();
  host.num_cores = count_usable_cores();
  utsname names{};
  if (::uname(&names) == 0) host.os = fmt::format("{} {} {}", names.sysname, names.release, names.machine);
  return host;
}

HostMemory inspect_host_memory(const fs::path& root) {
  const auto meminfo = root / "proc/meminfo";
  HostMemory memory{meminfo_bytes(meminfo, "MemTotal"), meminfo_bytes(meminfo, "MemAvailable"), "the machine"};
  const auto cgroup = find_cgroup_memory(root);
  if (cgroup && cgroup->limit_bytes < memory.total_bytes) {
    memory.total_bytes = cgroup->limit_bytes;
    const auto left = std::max<std::int64_t>(0, cgroup->limit_bytes - cgroup->used_bytes);
    memory.available_bytes = std::min(memory.available_bytes, left);
    memory.bounded_by = cgroup->file.string();
  }
  if (const auto limit = address_space_limit(); limit > 0 && limit < memory.total_bytes) {
    memory.total_bytes = limit;
    const auto left = std::max<std::int64_t>(0, limit - inspect_process_memory().address_space_bytes);
    if (left < memory.available_bytes) memory.bounded_by = "ulimit -v";
    memory.available_bytes = std::min(memory.available_bytes, left);
  }
  return memory;
}

}  // namespace assay::device
