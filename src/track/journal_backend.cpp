// No server: what a run tracks stays in its journal, which `assay sync` delivers at any later time.

#include "track/journaled_run.h"
#include "track/plugin.h"

namespace assay::track {
namespace {

struct JournalOptions {
  static auto schema() { return config::schema<JournalOptions>(); }
};

class JournalTracker final : public Tracker {
 public:
  JournalTracker(const JournalOptions&, const config::Section&) {}

  std::unique_ptr<Run> start(const RunStart& start) override { return JournaledRun::start(start, nullptr); }
};

}  // namespace

ASSAY_BACKEND(journal, JournalTracker, JournalOptions)

}  // namespace assay::track
