#pragma once

#include <vector>

#include "config/files.h"
#include "config/grammar.h"

namespace assay::config {

/// Expands the sweeps among the overrides into the overrides of single runs: all combinations, the first sweep varying
/// slowest, as in Hydra. Sweeps written `zip(...)` vary together: the n-th value of each in the n-th step, in the
/// position of the first of them. `glob(...)` stands for the options of a group. Each run's overrides are plain ones in
/// the order of the command line, with the text that would start this run alone. Errors: Error(kConfig) if zipped
/// sweeps have different lengths, a glob matches nothing or its key is not a group, or there are more than 100,000
/// combinations.
std::vector<std::vector<Override>> expand_sweeps(const std::vector<Override>& overrides, const ConfigFiles& files);

}  // namespace assay::config
