#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "data/dataset.h"
#include "data/transforms.h"

namespace assay::data {

/// Images in memory whose pixels a test makes or looks at.
struct Images {
  at::Tensor pixels;  ///< (N, 3, H, W) uint8
  at::Tensor labels;  ///< (N) int64

  Samples at(std::vector<std::int64_t> places) const {
    return {std::make_shared<MemorySource>(pixels.contiguous(), labels.contiguous()), std::move(places)};
  }
  Samples all() const { return all_samples(at({}).source); }

  Preprocessing preprocessing(const Normalization& normalization = {}) const {
    return {{pixels.size(2), pixels.size(3)}, normalization};
  }
};

/// Returns a split of a data set that keeps its images in memory.
inline Images images_of(const Dataset& dataset, Split split) {
  const auto source = dataset.open(split);
  return {dynamic_cast<const MemorySource&>(*source).pixels(), source->labels()};
}

}  // namespace assay::data
