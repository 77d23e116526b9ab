#include "train/schedules/schedule.h"

#include "core/error.h"
#include "train/schedules/plugin.h"

namespace assay::train {

void Schedule::restore(const std::vector<double>& state) { ASSAY_CHECK(state.empty()); }

namespace {

const std::vector<SchedulePlugin>& schedules() {
  static const std::vector<SchedulePlugin> kPlugins = {
#define SCHEDULE(name) schedule_##name(),
#include "train/schedules/registry.def"
#undef SCHEDULE
  };
  return kPlugins;
}

}  // namespace

std::unique_ptr<Schedule> make_schedule(const config::Section& section, std::int64_t num_steps,
                                        std::int64_t steps_per_epoch) {
  return config::find_plugin(schedules(), section)(section, num_steps, steps_per_epoch);
}

std::vector<config::PluginOptions> describe_schedules() { return config::describe_plugins(schedules()); }

}  // namespace assay::train
