#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace assay {

/// Memory that a cgroup leaves to this process. Units: bytes.
struct CgroupMemory {
  std::int64_t limit_bytes = 0;
  std::int64_t used_bytes = 0;  ///< without file pages that the kernel would drop before it kills for memory
  std::filesystem::path file;   ///< the file with the limit
};

/// Finds the limit with the least memory left among the groups of this process and their ancestors, in the hierarchies
/// of version 2 and 1; nothing if none limits. `root` replaces "/" in tests.
/// Source: Linux, admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst; "used" as in the kubelet's working set.
std::optional<CgroupMemory> find_cgroup_memory(const std::filesystem::path& root = "/");

/// Share of the processors that a cgroup leaves to this process.
struct CgroupCpu {
  double limit_cores = 0.0;
  std::optional<std::int64_t> used_us = std::nullopt;  ///< used by the whole group so far
};

/// Finds the lowest limit among the groups of this process and their ancestors; nothing if none limits.
/// Source: Linux, admin-guide/cgroup-v2.rst and scheduler/sched-bwc.rst.
std::optional<CgroupCpu> find_cgroup_cpu(const std::filesystem::path& root = "/");

}  // namespace assay
