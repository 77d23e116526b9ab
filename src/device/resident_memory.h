#pragma once

#include <cstdint>

namespace assay::device {

/// Memory of this process. Units: bytes. Zeros if the system has no /proc.
struct ProcessMemory {
  std::int64_t address_space_bytes = 0;  ///< mapped, whether or not backed by pages
  std::int64_t private_bytes = 0;        ///< resident and not backed by a file: memory that a limit cannot reclaim
};

ProcessMemory inspect_process_memory();

/// Bounds the private memory of the process, in all threads: `growth_bytes` more than now. 0 removes the bound. Units:
/// bytes. Memory that malloc holds unused counts, and is released before memory is refused.
void set_resident_memory_budget(std::int64_t growth_bytes);

/// Checks that `num_bytes` more may become resident. Queries the system only if enough was claimed since the last query
/// to come near the bound.
/// Errors: c10::OutOfMemoryError with the memory held.
void claim_resident_memory(std::int64_t num_bytes);

/// Releases memory that malloc holds unused, and measures how much the process has grown besides its tensors
/// (`metered_bytes`) since set_resident_memory_budget(): code, threads, packed weights, workspaces. 0 without a bound.
std::int64_t learn_unmetered_bytes(std::int64_t metered_bytes);

}  // namespace assay::device
