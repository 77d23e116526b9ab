#pragma once

#include <map>
#include <string>

#include "track/system/usage_meter.h"

namespace assay::track {

/// Measures once and returns the values by name.
inline std::map<std::string, double> measure(UsageMeter& meter) {
  std::vector<Measurement> measurements;
  meter.measure(measurements);
  std::map<std::string, double> values;
  for (const Measurement& measurement : measurements) values[measurement.name] = measurement.value;
  return values;
}

}  // namespace assay::track
