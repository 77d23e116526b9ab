#pragma once

#include <memory>

#include "config/schema.h"
#include "train/schedules/schedule.h"

/// Ends the file of a schedule: defines what its line SCHEDULE(name) in registry.def refers to.
/// `Type` is constructed from (Options, num_steps).
#define ASSAY_SCHEDULE(name, Type, Options)                                                                \
  std::unique_ptr<Schedule> make_schedule_##name(const config::Section& section, std::int64_t num_steps) { \
    return std::make_unique<Type>(config::read_options<Options>(section), num_steps);                      \
  }
