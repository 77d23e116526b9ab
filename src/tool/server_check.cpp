#include "tool/server_check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "core/build_info.h"
#include "core/clock.h"
#include "core/file.h"
#include "core/json.h"
#include "track/mlflow/environment.h"
#include "track/mlflow/mlflow_api.h"

namespace assay::tool {
namespace {

using track::Failure;
using track::Outcome;
using State = ServerCheck::State;
using Finding = Outcome<std::string>;  // the result, for people

constexpr std::string_view kExperiment = "assay-check";
constexpr std::string_view kArtifact = "check/file.bin";
constexpr double kMilliseconds = 1e3;

/// A file with every byte value, larger than nginx's default limit of 1 MB; removed at the end.
class SampleFile {
 public:
  SampleFile() : path_(std::filesystem::temp_directory_path() / fmt::format("assay-check-{}", ::getpid())) {
    constexpr int kNumBytes = 2 << 20;
    for (int i = 0; i < kNumBytes; ++i) content_ += static_cast<char>(i);
    write_file_atomically(path_, content_);
  }
  ~SampleFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  SampleFile(const SampleFile&) = delete;
  SampleFile& operator=(const SampleFile&) = delete;

  const std::filesystem::path& path() const { return path_; }
  const std::string& content() const { return content_; }

 private:
  std::filesystem::path path_;
  std::string content_;
};

Failure failure_of(std::string message, std::string hint) {
  Failure failure;
  failure.message = std::move(message);
  failure.hint = std::move(hint);
  return failure;
}

class Checker {
 public:
  Checker(const track::TrackingServer& server, const std::function<void(const ServerCheck&)>& tell)
      : server_(server),
        options_(track::environment_http_options()),
        http_(connect_to(server, options_)),
        api_(server, options_),
        tell_(tell) {}

  std::vector<ServerCheck> run() {
    add({"address", State::kOk, 0, fmt::format("{} ({})", server_.url, server_.origin), ""});
    const Stopwatch watch;
    const auto health = get("/health");
    const double health_ms = watch.seconds() * kMilliseconds;
    const bool is_connected = health.transport == track::Transport::kOk;
    const bool is_insecure = health.transport == track::Transport::kInsecure;
    try_it("TLS", is_connected || is_insecure, [&] { return judge_tls(health); });
    try_it(
        "health", !is_insecure, [&] { return judge_health(health); }, health_ms);
    try_it("version", is_connected, [&] { return find_version(); });
    try_api(is_connected);
    const bool is_written = try_it("write", is_let_in_, [&] { return write(); });
    try_it("read back", is_written, [&] { return read_back(); });
    try_it("artifact", is_written, [&] { return exchange_artifact(); });
    try_it("clean up", !run_.id.empty(), [&] { return clean_up(); });
    return std::move(checks_);
  }

 private:
  void add(ServerCheck check) {
    tell_(check);
    checks_.push_back(std::move(check));
  }

  /// Runs one check unless a check that it depends on failed; `time_ms` is the time already spent on it.
  template <typename Work>
  bool try_it(const std::string& name, bool is_possible, const Work& work, double time_ms = 0.0) {
    if (!is_possible) {
      add({name, State::kNotTried, 0, "", ""});
      return false;
    }
    const Stopwatch watch;
    const Finding found = work();
    time_ms += watch.seconds() * kMilliseconds;
    if (found) {
      add({name, State::kOk, time_ms, *found, ""});
    } else {
      add({name, State::kFailed, time_ms, found.failure().message, found.failure().hint});
    }
    return static_cast<bool>(found);
  }

  track::HttpResponse get(std::string_view path) {
    track::HttpRequest request;
    request.url = fmt::format("{}{}", server_.url, path);
    return http_.send(request);
  }

  std::optional<Failure> explain(const track::HttpResponse& response) const {
    return track::explain(response, server_, options_.request_timeout_s);
  }

  Finding judge_tls(const track::HttpResponse& response) const {
    if (response.transport == track::Transport::kInsecure) return *explain(response);
    const bool has_login = !server_.login_origin.empty();
    if (!server_.url.starts_with("https://"))
      return std::string(has_login && !track::is_loopback(server_.url) ? "none: the login travels unencrypted"
                                                                       : "none");
    const auto& tls = server_.tls;
    std::string text = "the server's certificate is valid";
    if (!tls.authorities.empty()) text += " by " + tls.authorities.string();
    if (!tls.verify) text = "the server's certificate is not verified (MLFLOW_TRACKING_INSECURE_TLS)";
    if (!tls.client_certificate.empty()) text += "; the client certificate is " + tls.client_certificate.string();
    return text;
  }

  Finding judge_health(const track::HttpResponse& response) const {
    if (auto failure = explain(response)) return *std::move(failure);
    if (!response.body.starts_with("OK")) return track::explain_garbage(response, server_);
    return std::string("the server answers");
  }

  Finding find_version() {
    const auto response = get("/version");
    if (auto failure = explain(response)) return *std::move(failure);
    if (response.body.empty() || response.body.find_first_not_of("0123456789.abcdefrv+-\n") != std::string::npos)
      return track::explain_garbage(response, server_);
    auto text = "MLflow " + response.body.substr(0, response.body.find('\n'));
    const auto info = try_parse_json(get("/api/3.0/mlflow/server-info").body).value_or(Json());
    if (!info.is_object()) return text;  // an older server
    if (info.value("workspaces_enabled", Json()) == true) text += ", workspaces";
    if (info.value("multipart_uploads_enabled", Json()) == true) text += ", multipart uploads";
    return text;
  }

  /// Requests something that any user may read; a refusal means that this is not the API, or that the login is
  /// rejected.
  void try_api(bool is_connected) {
    std::optional<Failure> refusal;
    const bool is_api = try_it("API", is_connected, [&]() -> Finding {
      track::HttpRequest request;
      request.method = "POST";
      request.url = server_.url + "/api/2.0/mlflow/experiments/search";
      request.body = R"({"max_results": 1})";
      const auto response = http_.send(request);
      auto failure = explain(response);
      const bool is_host = failure && failure->hint.find("--allowed-hosts") != std::string::npos;
      if (failure && !is_host && (failure->status == 401 || failure->status == 403)) {
        refusal = std::move(failure);
        return std::string("the server answers and requires a login");
      }
      if (failure) return *std::move(failure);
      if (!try_parse_json(response.body).value_or(Json()).is_object()) return track::explain_garbage(response, server_);
      return std::string("MLflow's REST API answers");
    });
    is_let_in_ = try_it("login", is_api, [&]() -> Finding {
      if (refusal) return *refusal;
      if (server_.login_origin.empty()) return std::string("none needed");
      const auto who = server_.username.empty() ? "the token" : fmt::format("`{}`", server_.username);
      return fmt::format("{} is accepted ({})", who, server_.login_origin);
    });
  }

  Finding write() {
    const auto experiment_id = api_.get_or_create_experiment(kExperiment);
    if (!experiment_id) return experiment_id.failure();
    const auto now_ms = wall_clock_ms();
    const auto made = api_.create_run(*experiment_id, {"check", now_ms, fmt::format("{}-{}", now_ms, ::getpid()), {}});
    if (!made) return made.failure();
    run_ = *made;
    batch_.metrics = {{"check/value", 0.1, now_ms, 1}};
    batch_.params = {{"check.param", "a value with \"quotes\""}};
    batch_.tags = {{"assay.version", build_info().version}};
    const auto stored = api_.log_batch(run_.id, batch_);
    if (!stored) return stored.failure();
    return fmt::format("run {} in experiment `{}`", run_.id, kExperiment);
  }

  Finding read_back() {
    const auto found = api_.get_run(run_.id);
    if (!found) return found.failure();
    const auto& [key, value, timestamp_ms, step] = batch_.metrics.front();
    const auto& metrics = found->metrics;
    const bool is_equal = metrics.size() == 1 && metrics[0].key == key && metrics[0].value == value &&
                          metrics[0].timestamp_ms == timestamp_ms && metrics[0].step == step &&
                          found->params == batch_.params && found->tag("assay.version") == batch_.tags[0].second;
    if (!is_equal)
      return failure_of("the param, metric or tag differs from what was written", "look at the server's log");
    return std::string("param, metric and tag equal what was written");
  }

  Finding exchange_artifact() {
    const SampleFile file;
    if (const auto stored = api_.upload_artifact(run_.artifact_uri, file.path(), kArtifact); !stored)
      return blame_artifacts(stored.failure());
    const auto read = api_.download_artifact(run_.artifact_uri, kArtifact);
    if (!read) return blame_artifacts(read.failure());
    if (*read != file.content())
      return failure_of("the file differs from what was written", "look at the server's log");
    if (const auto removed = api_.delete_artifact(run_.artifact_uri, kArtifact); !removed)
      return blame_artifacts(removed.failure());
    return std::string("a file was written, read back unchanged and removed");
  }

  /// Blames the store if the server itself works.
  Failure blame_artifacts(Failure failure) const {
    if (failure.status >= 500 || failure.status == 403)
      failure.hint = "check the server's --artifacts-destination: whether it exists, is writable and has space";
    return failure;
  }

  Finding clean_up() {
    const auto removed = api_.delete_run(run_.id);
    if (!removed) return removed.failure();
    return std::string("the run is deleted");
  }

  const track::TrackingServer& server_;
  const track::HttpOptions options_;
  track::HttpClient http_;
  track::MlflowApi api_;
  const std::function<void(const ServerCheck&)>& tell_;
  std::vector<ServerCheck> checks_;
  bool is_let_in_ = false;
  track::RunInfo run_;
  track::Batch batch_;
};

}  // namespace

std::vector<ServerCheck> check_server(const track::TrackingServer& server,
                                      const std::function<void(const ServerCheck&)>& tell) {
  return Checker(server, tell).run();
}

}  // namespace assay::tool
