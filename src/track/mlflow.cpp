// Tracking by an MLflow server. Calls fill an outbox; the sender's thread empties it.

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <utility>

#include "core/clock.h"
#include "core/error.h"
#include "track/plugin.h"
#include "track/sender.h"

namespace assay::track {
namespace {

struct MlflowOptions {
  std::string uri;
  double connect_timeout_s = 2.5;
  double request_timeout_s = 30.0;
  double retry_deadline_s = 30.0;
  double flush_timeout_s = 20.0;

  static auto schema() {
    using O = MlflowOptions;
    const auto kSeconds = config::between(0.05, 3600.0).in("s");
    return config::schema<O>(
        config::field("uri", &O::uri, "address of the server; empty: MLFLOW_TRACKING_URI, else http://127.0.0.1:5000"),
        config::field("connect_timeout_s", &O::connect_timeout_s, kSeconds,
                      "longest wait for a connection; twice that at start"),
        config::field("request_timeout_s", &O::request_timeout_s, kSeconds,
                      "longest wait for an answer; of uploads, longest stall"),
        config::field("retry_deadline_s", &O::retry_deadline_s, kSeconds,
                      "after this without an answer the run is untracked"),
        config::field("flush_timeout_s", &O::flush_timeout_s, kSeconds,
                      "longest wait for delivery at the end of a run"));
  }
};

std::string user_name() {
  if (const char* const name = std::getenv("MLFLOW_TRACKING_USERNAME"); name != nullptr && *name != '\0') return name;
  const passwd* const entry = getpwuid(geteuid());
  return entry == nullptr ? std::to_string(geteuid()) : entry->pw_name;
}

/// Returns 128 random bits as hexadecimal digits.
std::string make_uuid() {
  std::random_device random;
  std::string digits;
  for (int i = 0; i < 4; ++i) digits += fmt::format("{:08x}", random());
  return digits;
}

/// The configuration goes into the record and to the server, and so would a login written there.
void refuse_login(const std::string& uri, const std::string& origin) {
  const auto scheme = uri.find("://");
  const auto authority = uri.substr(scheme == std::string::npos ? 0 : scheme + 3);
  if (authority.substr(0, authority.find('/')).find('@') == std::string::npos) return;
  throw Error(ErrorKind::kConfig, "track.uri must not hold a user or a password: the configuration is recorded", origin,
              "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD instead");
}

NewRun make_new_run(const RunStart& start) {
  NewRun run{start.name, wall_clock_ms(), make_uuid(), start.tags};
  for (const auto& [key, value] : start.tags) check_key("tag", key);
  const auto add_default = [&](const std::string& key, std::string value) {
    const auto same_key = [&](const KeyValue& tag) { return tag.first == key; };
    if (std::none_of(run.tags.begin(), run.tags.end(), same_key)) run.tags.emplace_back(key, std::move(value));
  };
  add_default("mlflow.user", user_name());
  add_default("mlflow.source.type", "LOCAL");
  return run;
}

class MlflowRun final : public Run {
 public:
  MlflowRun(std::shared_ptr<Sender> sender, std::shared_ptr<Outbox> outbox)
      : sender_(std::move(sender)), outbox_(std::move(outbox)) {}

  ~MlflowRun() override {
    if (!finished_) sender_->finish(*outbox_, RunStatus::kFailed);
  }

  void log_params(const std::vector<KeyValue>& params) override {
    sender_->post(*outbox_, [&](Outbox& outbox) { return outbox.add_params(params); });
  }

  void log_metric(std::string_view key, double value, std::int64_t step) override {
    check_key("metric", key);
    Metric metric{std::string(key), value, wall_clock_ms(), step};
    sender_->post(*outbox_, [&](Outbox& outbox) { return outbox.add_metric(std::move(metric)); });
  }

  void set_tag(std::string_view key, std::string_view value) override {
    check_key("tag", key);
    auto text = cut_text(value, kMaxTagLength);
    sender_->post(*outbox_, [&](Outbox& outbox) { return outbox.add_tag(std::string(key), std::move(text)); });
  }

  void log_artifact(const std::filesystem::path& file, std::string_view artifact_path) override {
    check_artifact_path(artifact_path);
    sender_->post(*outbox_, [&](Outbox& outbox) { return outbox.add_file(file, std::string(artifact_path)); });
  }

  std::unique_ptr<Run> start_child(const RunStart& start) override {
    return std::make_unique<MlflowRun>(sender_, sender_->open(make_new_run(start), outbox_->experiment, outbox_, {}));
  }

  void finish(RunStatus status) override {
    if (std::exchange(finished_, true)) return;
    sender_->finish(*outbox_, status);
  }

  Delivery delivery() const override { return sender_->delivery(*outbox_); }

 private:
  std::shared_ptr<Sender> sender_;
  std::shared_ptr<Outbox> outbox_;
  bool finished_ = false;
};

class MlflowTracker final : public Tracker {
 public:
  MlflowTracker(const MlflowOptions& options, const config::Section& section) {
    const auto* uri = section.table().find("uri");
    const auto origin = uri == nullptr ? "" : uri->origin().to_string();
    refuse_login(options.uri, origin);
    HttpOptions http;
    http.connect_timeout_s = options.connect_timeout_s;
    http.request_timeout_s = options.request_timeout_s;
    MlflowApi api(find_tracking_server(options.uri, origin), http);
    sender_ = std::make_shared<Sender>(
        std::move(api),
        SenderOptions{2.0 * options.connect_timeout_s, options.retry_deadline_s, options.flush_timeout_s});
  }

  std::unique_ptr<Run> start(const RunStart& start) override {
    auto outbox = sender_->open(make_new_run(start), start.experiment, nullptr, start.record_folder);
    sender_->await_start(*outbox);
    return std::make_unique<MlflowRun>(sender_, std::move(outbox));
  }

 private:
  std::shared_ptr<Sender> sender_;
};

}  // namespace

ASSAY_BACKEND(mlflow, MlflowTracker, MlflowOptions)

}  // namespace assay::track
