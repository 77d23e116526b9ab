#include "track/tracker.h"

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

namespace {

const std::vector<BackendPlugin>& backends() {
  static const std::vector<BackendPlugin> kPlugins = {
#define BACKEND(name) backend_##name(),
#include "track/registry.def"
#undef BACKEND
  };
  return kPlugins;
}

}  // namespace

std::unique_ptr<Tracker> make_tracker(const config::Section& section) {
  return config::find_plugin(backends(), section)(section);
}

bool sends_untracked_sources(const config::Section& section) {
  const auto* value = section.table().find("source_untracked");
  const auto* flag = value == nullptr ? nullptr : value->get_if<bool>();
  return flag != nullptr && *flag;
}

std::vector<config::PluginOptions> describe_backends() { return config::describe_plugins(backends()); }

}  // namespace assay::track
