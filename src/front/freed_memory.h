#pragma once

namespace assay::front {

/// Makes the program started next keep the memory that it frees, in huge pages where the system has them
/// (GLIBC_TUNABLES, which glibc reads when a program starts; Linux), since training allocates and frees the same large
/// tensors at each step. Kept pages save work in the kernel, huge pages save address translations. Settings in the
/// user's environment take precedence.
void keep_freed_memory();

}  // namespace assay::front
