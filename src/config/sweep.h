#pragma once

#include <vector>

#include "config/files.h"
#include "config/grammar.h"

namespace assay::config {

/// Expands the sweeps among the overrides into the overrides of single runs: all combinations, the first sweep varying
/// slowest, as Hydra orders them. Sweeps written `zip(...)` go together: the n-th value of each in the n-th step, at
/// the place of the first of them. `glob(...)` stands for the options of a group. Each run's overrides are plain ones,
/// in the order of the command line, and their text says what a run of its own would be given. Errors: Error(kConfig)
/// when zipped sweeps have different lengths, a glob matches nothing or its key is no group, or when there are more
/// than 100,000 combinations.
std::vector<std::vector<Override>> expand_sweeps(const std::vector<Override>& overrides, const ConfigFiles& files);

}  // namespace assay::config
