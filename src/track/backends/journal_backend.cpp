// No server: what a run tracks stays in its journal, which `assay sync` delivers at any later time.

#include "track/backends/journaled_run.h"
#include "track/plugin.h"

namespace assay::track {
namespace {

struct JournalOptions {
  bool system_metrics = false;
  bool source_untracked = false;
  std::string register_as;
  std::vector<std::string> aliases;

  static auto schema() {
    using O = JournalOptions;
    return config::schema<O>(config::field("system_metrics", &O::system_metrics, kSystemMetricsHelp),
                             config::field("source_untracked", &O::source_untracked, kSourceUntrackedHelp),
                             config::field("register_as", &O::register_as, kRegisterAsHelp),
                             config::field("aliases", &O::aliases, kAliasesHelp));
  }
};

class JournalTracker final : public Tracker {
 public:
  JournalTracker(const JournalOptions& options, const config::Section&)
      : extras_{system_metrics_from_environment({.enabled = options.system_metrics}),
                {options.register_as, options.aliases}} {
    check_registration(extras_.registration);
  }

  std::unique_ptr<Run> start(const RunStart& start) override { return JournaledRun::start(start, nullptr, extras_); }

 private:
  RunExtras extras_;
};

}  // namespace

ASSAY_BACKEND(journal, JournalTracker, JournalOptions)

}  // namespace assay::track
