#include "front/freed_memory.h"

#include <cstdlib>

namespace assay::front {

void keep_freed_memory() {
  ::setenv("GLIBC_TUNABLES",
           "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=2147483647"
           ":glibc.malloc.top_pad=67108864:glibc.malloc.hugetlb=1",
           /*overwrite=*/0);
}

}  // namespace assay::front
