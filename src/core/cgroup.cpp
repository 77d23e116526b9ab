#include "core/cgroup.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "core/system_file.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMount = "sys/fs/cgroup";

/// Location of the files of one group: `mount` / `group`.
struct Level {
  fs::path mount;
  fs::path group;

  std::string read(const char* name) const { return read_system_file(mount / group / name); }
  std::optional<std::int64_t> count(const char* name) const { return parse_count(read(name)); }
};

bool names(std::string_view controllers, std::string_view controller) {
  while (!controllers.empty()) {
    const auto end = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, end) == controller) return true;
    controllers.remove_prefix(std::min(end + 1, controllers.size()));
  }
  return false;
}

void add_with_ancestors(std::vector<Level>& levels, const fs::path& mount, std::string_view group) {
  for (fs::path path = fs::path(group).relative_path();; path = path.parent_path()) {
    levels.push_back({mount, path});
    if (path.empty()) return;
  }
}

/// Lists the groups of this process that may limit `controller`. A container often sees its own group at the mount's
/// root, while /proc/self/cgroup gives the path outside the container: then only the root's files exist.
std::vector<Level> find_levels(const fs::path& root, std::string_view controller) {
  std::vector<Level> levels;
  const auto mount = root / kMount;
  add_with_ancestors(levels, mount / controller, "");
  const auto text = read_system_file(root / "proc/self/cgroup");
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto line = rest.substr(0, end);  // "4:cpu,cpuacct:/group", or version 2's "0::/group"
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const auto first = line.find(':');
    const auto second = first == std::string_view::npos ? first : line.find(':', first + 1);
    if (second == std::string_view::npos) continue;
    const auto controllers = line.substr(first + 1, second - first - 1);
    if (controllers.empty()) add_with_ancestors(levels, mount, line.substr(second + 1));
    if (names(controllers, controller)) add_with_ancestors(levels, mount / controllers, line.substr(second + 1));
  }
  return levels;
}

std::optional<CgroupMemory> read_memory(const Level& level, const char* limit_name, const char* usage_name,
                                        const char* droppable_name) {
  // Version 1 reports "no limit" as the highest number of whole pages.
  constexpr std::int64_t kNoLimit = std::int64_t{1} << 62;
  const auto limit = level.count(limit_name);
  const auto usage = level.count(usage_name);
  if (!limit || !usage || *limit >= kNoLimit) return std::nullopt;
  const auto droppable = parse_count(find_field(level.read("memory.stat"), droppable_name)).value_or(0);
  return CgroupMemory{*limit, std::max<std::int64_t>(0, *usage - droppable), level.mount / level.group / limit_name};
}

std::optional<CgroupCpu> make_cpu(std::optional<std::int64_t> quota_us, std::optional<std::int64_t> period_us) {
  if (!quota_us || !period_us || *quota_us == 0 || *period_us == 0) return std::nullopt;
  return CgroupCpu{static_cast<double>(*quota_us) / static_cast<double>(*period_us)};
}

std::optional<CgroupCpu> read_cpu_version_2(const Level& level) {
  const auto text = level.read("cpu.max");  // "quota period", or "max period"
  auto cpu =
      make_cpu(parse_count(text), parse_count(std::string_view(text).substr(std::min(text.find(' '), text.size()))));
  if (cpu) cpu->used_us = parse_count(find_field(level.read("cpu.stat"), "usage_usec"));
  return cpu;
}

std::optional<CgroupCpu> read_cpu_version_1(const Level& level, const fs::path& accounting_mount) {
  auto cpu = make_cpu(level.count("cpu.cfs_quota_us"), level.count("cpu.cfs_period_us"));
  if (!cpu) return std::nullopt;
  auto used_ns = level.count("cpuacct.usage");
  if (!used_ns) used_ns = Level{accounting_mount, level.group}.count("cpuacct.usage");
  if (used_ns) cpu->used_us = *used_ns / 1000;
  return cpu;
}

}  // namespace

std::optional<CgroupMemory> find_cgroup_memory(const fs::path& root) {
  std::optional<CgroupMemory> tightest;
  const auto left = [](const CgroupMemory& memory) { return memory.limit_bytes - memory.used_bytes; };
  for (const Level& level : find_levels(root, "memory")) {
    auto memory = read_memory(level, "memory.max", "memory.current", "inactive_file");
    if (!memory) memory = read_memory(level, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file");
    if (memory && (!tightest || left(*memory) < left(*tightest))) tightest = memory;
  }
  return tightest;
}

std::optional<CgroupCpu> find_cgroup_cpu(const fs::path& root) {
  std::optional<CgroupCpu> tightest;
  for (const Level& level : find_levels(root, "cpu")) {
    auto cpu = read_cpu_version_2(level);
    if (!cpu) cpu = read_cpu_version_1(level, root / kMount / "cpuacct");
    if (cpu && (!tightest || cpu->limit_cores < tightest->limit_cores)) tightest = cpu;
  }
  return tightest;
}

}  // namespace assay
