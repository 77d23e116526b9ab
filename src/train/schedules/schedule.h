#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/option.h"
#include "config/section.h"

namespace assay::train {

/// Gives the learning rate of each optimizer step; a pure function of the step, so that a resumed run needs no state.
class Schedule {
 public:
  virtual ~Schedule() = default;

  /// Returns the factor by which the base learning rate is multiplied.
  /// Units: step counts optimizer steps from 0; the factor has none. Steps past the end give the last value.
  virtual double factor(std::int64_t step) const = 0;
};

/// Makes the schedule that the section names.
/// Errors: Error(kConfig) for an unknown name (the nearest is suggested) or an option out of range.
std::unique_ptr<Schedule> make_schedule(const config::Section& section, std::int64_t num_steps);

/// Describes all schedules, for the schema of what chooses among them.
std::vector<config::PluginOptions> describe_schedules();

}  // namespace assay::train
