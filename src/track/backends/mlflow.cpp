// Tracking by an MLflow server. Calls go into the run's journal, from which the sender's thread delivers them.

#include <utility>

#include "core/error.h"
#include "core/redact.h"
#include "track/backends/journaled_run.h"
#include "track/mlflow/environment.h"
#include "track/plugin.h"

namespace assay::track {
namespace {

struct MlflowOptions {
  std::string uri;
  double connect_timeout_s = 2.5;
  double request_timeout_s = 30.0;
  double retry_deadline_s = 30.0;
  double flush_timeout_s = 20.0;
  bool read_back = true;
  bool system_metrics = false;
  bool source_untracked = false;
  std::string register_as;
  std::vector<std::string> aliases;

  static auto schema() {
    using O = MlflowOptions;
    const auto kSeconds = config::between(0.05, 3600.0).in("s");
    return config::schema<O>(
        config::field("uri", &O::uri, "address of the server; empty: MLFLOW_TRACKING_URI, else http://127.0.0.1:5000"),
        config::field("connect_timeout_s", &O::connect_timeout_s, kSeconds,
                      "longest wait for a connection; twice that at start"),
        config::field("request_timeout_s", &O::request_timeout_s, kSeconds,
                      "longest wait for an answer; of uploads, longest stall; "
                      "if not written: MLFLOW_HTTP_REQUEST_TIMEOUT"),
        config::field("retry_deadline_s", &O::retry_deadline_s, kSeconds,
                      "after this without an answer the run is untracked"),
        config::field("flush_timeout_s", &O::flush_timeout_s, kSeconds,
                      "longest wait for delivery at the end of a run"),
        config::field("read_back", &O::read_back, "before a run ends, read everything back and compare it"),
        config::field("system_metrics", &O::system_metrics, kSystemMetricsHelp),
        config::field("source_untracked", &O::source_untracked, kSourceUntrackedHelp),
        config::field("register_as", &O::register_as, kRegisterAsHelp),
        config::field("aliases", &O::aliases, kAliasesHelp));
  }
};

/// The configuration goes into the record and to the server, and so would a login written there.
void refuse_login(const std::string& uri, const std::string& origin) {
  if (redact_logins(uri) == uri) return;
  throw Error(ErrorKind::kConfig, "track.uri must not hold a user or a password: the configuration is recorded", origin,
              "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD instead");
}

class MlflowTracker final : public Tracker {
 public:
  MlflowTracker(const MlflowOptions& options, const config::Section& section)
      : extras_{system_metrics_from_environment({.enabled = options.system_metrics}),
                {options.register_as, options.aliases}} {
    check_registration(extras_.registration);
    const auto* uri = section.table().find("uri");
    const auto origin = uri == nullptr ? "" : uri->origin().to_string();
    refuse_login(options.uri, origin);
    auto http = environment_http_options();
    http.connect_timeout_s = options.connect_timeout_s;
    if (section.table().find("request_timeout_s") != nullptr) http.request_timeout_s = options.request_timeout_s;
    MlflowApi api(find_tracking_server(options.uri, origin), http);
    const DelivererOptions delivery{.reads_back = options.read_back, .multipart = environment_multipart_policy()};
    const SenderOptions sending{2.0 * options.connect_timeout_s, options.retry_deadline_s, options.flush_timeout_s,
                                delivery, environment_retry_policy()};
    sender_ = std::make_shared<Sender>(std::move(api), sending);
  }

  std::unique_ptr<Run> start(const RunStart& start) override { return JournaledRun::start(start, sender_, extras_); }

 private:
  RunExtras extras_;
  std::shared_ptr<Sender> sender_;
};

}  // namespace

ASSAY_BACKEND(mlflow, MlflowTracker, MlflowOptions)

}  // namespace assay::track
