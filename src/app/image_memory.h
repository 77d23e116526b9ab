#pragma once

#include "app/classification.h"

namespace assay::app {

/// Keeps decoded images in memory (data/image_cache.h) as `data.loader.cache` allows: those for validation and the
/// test, then those for training unless an augmentation needs more of them than the network sees; each split only if it
/// fits what is left of a quarter of the memory. Tells on stderr what is kept and what a read costs with and without
/// it.
void keep_images(const RunContext& context, ClassificationData& data);

}  // namespace assay::app
