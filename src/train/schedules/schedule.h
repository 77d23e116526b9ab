#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/option.h"
#include "config/section.h"

namespace assay::train {

/// Determines the learning rate of each optimizer step: a pure function of the step and of state().
class Schedule {
 public:
  virtual ~Schedule() = default;

  /// Returns the factor on the base learning rate.
  /// Units: step counts optimizer steps from 0; the factor has none. Steps past the end have the factor of the last
  /// step.
  virtual double factor(std::int64_t step) const = 0;

  /// Receives the validation loss at the end of each epoch.
  virtual void observe(double /*validation_loss*/) {}

  /// Returns the numbers from which a new schedule continues; they are finite, and most schedules have none.
  virtual std::vector<double> state() const { return {}; }

  /// Restores the output of state(). Errors: ASSAY_CHECK of the count.
  virtual void restore(const std::vector<double>& state);
};

/// Makes the schedule named by the section, for a training of `num_steps` optimizer steps.
/// Errors: Error(kConfig) for an unknown name (the nearest is suggested) or an option out of range.
std::unique_ptr<Schedule> make_schedule(const config::Section& section, std::int64_t num_steps,
                                        std::int64_t steps_per_epoch);

/// Describes all schedules, for the schema of the option that chooses among them.
std::vector<config::PluginOptions> describe_schedules();

}  // namespace assay::train
