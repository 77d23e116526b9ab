#pragma once

#include <string>
#include <utility>
#include <vector>

#include "data/health.h"

namespace assay::data {

/// Counts what is wrong in one line: "2 unreadable files, 1 leak"; "nothing wrong with 1200 images".
std::string summarize(const Health& health);

/// Tells what was found as at most 15 lines of a name and a text, the worst first; examples have no name.
/// `configured` is what images are normalised by, to compare with what was measured.
std::vector<std::pair<std::string, std::string>> describe(const Health& health, const Normalization& configured);

}  // namespace assay::data
