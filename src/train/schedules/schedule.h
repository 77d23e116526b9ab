#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/option.h"
#include "config/section.h"

namespace assay::train {

/// Gives the learning rate of each optimizer step: a pure function of the step and of what state() returns.
class Schedule {
 public:
  virtual ~Schedule() = default;

  /// Returns the factor by which the base learning rate is multiplied.
  /// Units: step counts optimizer steps from 0; the factor has none. Steps past the end give what the schedule ends
  /// with.
  virtual double factor(std::int64_t step) const = 0;

  /// Takes the validation loss at the end of each epoch.
  virtual void observe(double /*validation_loss*/) {}

  /// Returns the numbers by which a schedule made anew goes on where this one stands; they are finite, and none for
  /// most.
  virtual std::vector<double> state() const { return {}; }

  /// Takes back what state() returned. Errors: ASSAY_CHECK of their count.
  virtual void restore(const std::vector<double>& state);
};

/// Makes the schedule that the section names, for a training of `num_steps` optimizer steps.
/// Errors: Error(kConfig) for an unknown name (the nearest is suggested) or an option out of range.
std::unique_ptr<Schedule> make_schedule(const config::Section& section, std::int64_t num_steps,
                                        std::int64_t steps_per_epoch);

/// Describes all schedules, for the schema of what chooses among them.
std::vector<config::PluginOptions> describe_schedules();

}  // namespace assay::train
