#pragma once

#include "app/run_context.h"
#include "config/problems.h"
#include "config/section.h"
#include "train/options.h"

namespace assay::app {

/// Finds the mistakes of a training that show only when its data, its options and the machine come together: a batch
/// beyond the training images, a crop that does not suit their size, a precision that the device does not have.
/// `data` is the table of the data set. Mistakes go to `problems`.
/// Errors: Error(kData) when the data set's files are missing or damaged.
void check_training(const config::Section& data, const train::TrainOptions& options, std::int64_t seed,
                    const Machine& machine, config::Problems& problems);

}  // namespace assay::app
