#include "track/system/usage_meter.h"

#include <fmt/format.h>

#include <cstdlib>

namespace assay::track {

// Both round the exact binary value, which value * 10 no longer has.
double round_to_tenth(double value) { return std::strtod(fmt::format("{:.1f}", value).c_str(), nullptr); }

}  // namespace assay::track
