// No server: what a run tracks stays in its journal, which `assay sync` delivers at any later time.

#include "track/journaled_run.h"
#include "track/plugin.h"

namespace assay::track {
namespace {

struct JournalOptions {
  bool system_metrics = false;

  static auto schema() {
    return config::schema<JournalOptions>(
        config::field("system_metrics", &JournalOptions::system_metrics, kSystemMetricsHelp));
  }
};

class JournalTracker final : public Tracker {
 public:
  JournalTracker(const JournalOptions& options, const config::Section&)
      : watching_(system_metrics_from_environment({.enabled = options.system_metrics})) {}

  std::unique_ptr<Run> start(const RunStart& start) override { return JournaledRun::start(start, nullptr, watching_); }

 private:
  SystemMetricsOptions watching_;
};

}  // namespace

ASSAY_BACKEND(journal, JournalTracker, JournalOptions)

}  // namespace assay::track
