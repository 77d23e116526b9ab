#pragma once

#include "data/loader.h"

namespace assay::data {

/// Mixes each image of a training batch with its mirror place's (the first with the last, ...), when the options ask
/// for it; with both kinds on, each batch gets one of them. A pure function of its arguments.
/// Source: mixup: Zhang et al., arXiv 1710.09412, eq. 1; CutMix: Yun et al., arXiv 1905.04899, eq. 1 and 2, with the
/// share of the loss taken from the box as it lies inside the image. One share holds for the whole batch.
void mix(Batch& batch, const AugmentOptions& options, std::uint64_t seed, std::int64_t epoch, std::int64_t number);

}  // namespace assay::data
