#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace assay::device {

/// Properties of the machine that affect a run's speed and result.
struct Host {
  std::string cpu_name;
  std::vector<std::string> isa;  ///< those present of avx2, avx512f, avx512_vnni, avx512_bf16, amx_int8, neon
  int num_cores = 1;             ///< usable by this process
  std::string os;
};

/// Reads /proc and the scheduler's affinity mask. Unknown parts are left empty.
Host inspect_host();

/// Size of the host memory and what bounds it.
struct HostMemory {
  std::int64_t total_bytes = 0;
  std::int64_t available_bytes = 0;  ///< after applying the cgroup's limit
  std::string bounded_by;            ///< "the machine", the cgroup file with the limit, or "ulimit -v"
};

/// Reads /proc/meminfo, the cgroups (version 2, then 1) and the address space limit of this process. Units: bytes.
/// `root` replaces "/" in tests. Errors: Error(kData) if /proc/meminfo cannot be read.
HostMemory inspect_host_memory(const std::filesystem::path& root = "/");

}  // namespace assay::device
