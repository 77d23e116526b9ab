#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace assay::device {

/// Describes the machine as far as a run's speed and result depend on it.
struct Host {
  std::string cpu_name;
  std::vector<std::string> isa;  ///< of avx2, avx512f, avx512_vnni, avx512_bf16, amx_int8, neon: those present
  int num_cores = 1;             ///< that this process may use
  std::string os;
};

/// Reads /proc and the scheduler's affinity mask. Unknown parts are left empty.
Host inspect_host();

/// Tells how much host memory there is and what bounds it.
struct HostMemory {
  std::int64_t total_bytes = 0;
  std::int64_t available_bytes = 0;  ///< already below the cgroup's limit
  std::string bounded_by;            ///< "the machine", the cgroup file that holds the limit, or "ulimit -v"
};

/// Reads /proc/meminfo, the cgroups (version 2, then 1) and the address space limit of this process. Units: bytes.
/// `root` stands for "/" in tests. Errors: Error(kData) when /proc/meminfo cannot be read.
HostMemory inspect_host_memory(const std::filesystem::path& root = "/");

}  // namespace assay::device
