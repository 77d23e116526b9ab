#pragma once

#include <cstdint>

namespace assay {

/// One process of a data-parallel run: `index` of `count`. Each rank processes an equal part of every batch.
struct Rank {
  std::int64_t index = 0;
  std::int64_t count = 1;
};

}  // namespace assay
