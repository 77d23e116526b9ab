#include "device/host.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/utsname.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <optional>
#include <sstream>

#include "core/error.h"

namespace assay::device {
namespace {

namespace fs = std::filesystem;

// Returns what follows "key :" in a file of such lines.
std::string find_line(const fs::path& path, const std::string& key) {
  std::ifstream stream(path);
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with(key)) continue;
    const auto colon = line.find(':');
    if (colon == std::string::npos) continue;
    const auto start = line.find_first_not_of(" \t", colon + 1);
    return start == std::string::npos ? "" : line.substr(start);
  }
  return "";
}

std::vector<std::string> find_isa() {
  constexpr std::array kNames = {"avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8", "asimd"};
  std::istringstream words(find_line("/proc/cpuinfo", "flags") + " " + find_line("/proc/cpuinfo", "Features"));
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

std::optional<std::int64_t> read_number(const fs::path& path) {
  std::ifstream stream(path);
  std::int64_t number = 0;
  if (stream >> number) return number;
  return std::nullopt;  // absent, or "max"
}

std::int64_t meminfo_bytes(const fs::path& path, const std::string& key) {
  const auto text = find_line(path, key);
  if (text.empty()) throw Error(ErrorKind::kData, fmt::format("{} does not tell {}", path.string(), key));
  return std::stoll(text) * 1024;
}

struct Cgroup {
  std::int64_t limit_bytes;
  std::int64_t used_bytes;
  std::string file;
};

std::optional<Cgroup> read_cgroup(const fs::path& limit_file, const fs::path& usage_file) {
  const auto limit = read_number(limit_file);
  const auto usage = read_number(usage_file);
  if (!limit || !usage) return std::nullopt;
  return Cgroup{*limit, *usage, limit_file.string()};
}

// The group of this process is the last field of /proc/self/cgroup's line "0::/path"; each ancestor may hold a tighter
// limit.
std::optional<Cgroup> find_tightest_cgroup(const fs::path& root) {
  const auto mount = root / "sys/fs/cgroup";
  std::string group;
  std::ifstream stream(root / "proc/self/cgroup");
  for (std::string line; std::getline(stream, line);) {
    if (line.starts_with("0::")) group = line.substr(3);
  }
  std::optional<Cgroup> tightest;
  const auto consider = [&tightest](const std::optional<Cgroup>& one) {
    if (one && (!tightest || one->limit_bytes - one->used_bytes < tightest->limit_bytes - tightest->used_bytes))
      tightest = one;
  };
  for (fs::path path = fs::path(group).relative_path();; path = path.parent_path()) {
    consider(read_cgroup(mount / path / "memory.max", mount / path / "memory.current"));
    if (path.empty()) break;
  }
  consider(read_cgroup(mount / "memory/memory.limit_in_bytes", mount / "memory/memory.usage_in_bytes"));
  return tightest;
}

}  // namespace

Host inspect_host() {
  Host host;
  host.cpu_name = find_line("/proc/cpuinfo", "model name");
  host.isa = find_isa();
  host.num_cores = count_usable_cores();
  utsname names{};
  if (::uname(&names) == 0) host.os = fmt::format("{} {} {}", names.sysname, names.release, names.machine);
  return host;
}

HostMemory inspect_host_memory(const fs::path& root) {
  const auto meminfo = root / "proc/meminfo";
  HostMemory memory{meminfo_bytes(meminfo, "MemTotal"), meminfo_bytes(meminfo, "MemAvailable"), "the machine"};
  const auto cgroup = find_tightest_cgroup(root);
  if (cgroup && cgroup->limit_bytes < memory.total_bytes) {
    memory.total_bytes = cgroup->limit_bytes;
    const auto left = std::max<std::int64_t>(0, cgroup->limit_bytes - cgroup->used_bytes);
    memory.available_bytes = std::min(memory.available_bytes, left);
    memory.bounded_by = cgroup->file;
  }
  return memory;
}

}  // namespace assay::device
