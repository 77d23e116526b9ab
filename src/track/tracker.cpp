#include "track/tracker.h"

#include "config/plugins.h"
#include "core/error.h"
#include "track/plugin.h"

namespace assay::track {

std::string_view to_string(RunStatus status) {
  switch (status) {
    case RunStatus::kFinished:
      return "FINISHED";
    case RunStatus::kFailed:
      return "FAILED";
    case RunStatus::kKilled:
      return "KILLED";
  }
  throw Error(ErrorKind::kInternal, fmt::format("no run status has the number {}", static_cast<int>(status)));
}

std::unique_ptr<Tracker> make_tracker(const config::Section& section) {
  using Make = std::unique_ptr<Tracker> (*)(const config::Section&);
  static const std::vector<config::Plugin<Make>> kBackends = {
#define BACKEND(name) {#name, make_##name##_backend},
#include "track/registry.def"
#undef BACKEND
  };
  return config::find_plugin(kBackends, section)(section);
}

}  // namespace assay::track
