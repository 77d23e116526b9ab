#include "train/schedules/schedule.h"

#include "train/schedules/plugin.h"

namespace assay::train {

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

std::unique_ptr<Schedule> make_schedule(const config::Section& section, std::int64_t num_steps) {
  return config::find_plugin(schedules(), section)(section, num_steps);
}

std::vector<config::PluginOptions> describe_schedules() { return config::describe_plugins(schedules()); }

}  // namespace assay::train
