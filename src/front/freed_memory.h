#pragma once

namespace assay::front {

/// Lets the program that is started next keep the memory that it frees, in huge pages where the system has them
/// (GLIBC_TUNABLES, which glibc reads as a program starts; Linux): training makes and drops the same large tensors at
/// each step. Kept pages spare the kernel's work, huge ones the processor's lookups of addresses. What the user's
/// environment says stays.
void keep_freed_memory();

}  // namespace assay::front
