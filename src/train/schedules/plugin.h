#pragma once

#include <memory>

#include "config/plugins.h"
#include "config/schema.h"
#include "train/schedules/schedule.h"

/// Ends the file of a schedule: defines the functions that its line SCHEDULE(name) in registry.def declares.
/// `Class` is constructed from (Options, num_steps, steps_per_epoch).
#define ASSAY_SCHEDULE(name, Class, Options)                                                                      \
  SchedulePlugin schedule_##name() {                                                                              \
    return {#name,                                                                                                \
            [](const config::Section& section, std::int64_t num_steps,                                            \
               std::int64_t steps_per_epoch) -> std::unique_ptr<Schedule> {                                       \
              return std::make_unique<Class>(config::read_options<Options>(section), num_steps, steps_per_epoch); \
            },                                                                                                    \
            config::describe<Options>};                                                                           \
  }

namespace assay::train {

using SchedulePlugin = config::Plugin<std::unique_ptr<Schedule> (*)(
    const config::Section& section, std::int64_t num_steps, std::int64_t steps_per_epoch)>;

#define SCHEDULE(name) SchedulePlugin schedule_##name();
#include "train/schedules/registry.def"
#undef SCHEDULE

}  // namespace assay::train
