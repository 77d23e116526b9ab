#pragma once

#include <cstdint>

namespace assay::device {

/// Tells what memory this process holds. Units: bytes. Zeros where the system has no /proc.
struct ProcessMemory {
  std::int64_t address_space_bytes = 0;  ///< mapped, whether or not there are pages behind it
  std::int64_t private_bytes = 0;        ///< resident and not backed by a file: what a memory limit cannot get back
};

ProcessMemory inspect_process_memory();

/// Bounds what the process may hold privately, in all threads: `growth_bytes` more than now. 0 lifts the bound.
/// Units: bytes. What malloc keeps unused counts, and is given back before memory is refused.
void set_resident_memory_budget(std::int64_t growth_bytes);

/// Makes sure that `num_bytes` more may become resident. Looks at the system only when as much was claimed since the
/// last look that the bound may be near.
/// Errors: c10::OutOfMemoryError naming what is held.
void claim_resident_memory(std::int64_t num_bytes);

/// Gives back what malloc keeps unused, and learns how much the process has grown beside `metered_bytes`, those of its
/// tensors, since set_resident_memory_budget(): code, threads, packed weights, workspaces. 0 where nothing is bound.
std::int64_t learn_unmetered_bytes(std::int64_t metered_bytes);

}  // namespace assay::device
