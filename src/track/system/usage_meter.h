#pragma once

#include <string>
#include <vector>

namespace assay::track {

/// One measured number under its metric's name, without "system/".
struct Measurement {
  std::string name;
  double value = 0.0;
  bool is_total = false;  ///< counted since the start: of several samples the last holds, not the mean
};

/// Measures one part of the system for one thread.
class UsageMeter {
 public:
  virtual ~UsageMeter() = default;

  /// Adds what can be measured now. What the system does not tell, or tells in a form that is not understood, is left
  /// out.
  virtual void measure(std::vector<Measurement>& measurements) = 0;
};

inline constexpr double kBytesPerMegabyte = 1e6;

/// Rounds to one decimal exactly as Python's round(value, 1) does.
double round_to_tenth(double value);

}  // namespace assay::track
