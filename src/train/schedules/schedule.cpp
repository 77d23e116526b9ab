#include "train/schedules/schedule.h"

#include "config/plugins.h"

namespace assay::train {

#define SCHEDULE(name) std::unique_ptr<Schedule> make_schedule_##name(const config::Section&, std::int64_t);
#include "train/schedules/registry.def"
#undef SCHEDULE

std::unique_ptr<Schedule> make_schedule(const config::Section& section, std::int64_t num_steps) {
  using Make = std::unique_ptr<Schedule> (*)(const config::Section&, std::int64_t);
  static const std::vector<config::Plugin<Make>> plugins = {
#define SCHEDULE(name) {#name, make_schedule_##name},
#include "train/schedules/registry.def"
#undef SCHEDULE
  };
  return config::find_plugin(plugins, section)(section, num_steps);
}

}  // namespace assay::train
