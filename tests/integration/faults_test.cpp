// Faults on the way to a tracking server: the run must neither stop nor report success wrongly.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <random>
#include <set>

#include "core/clock.h"
#include "expect_error.h"
#include "integration/fault_server.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"

namespace assay::track {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::map<std::string, double> kImpatient = {
    {"connect_timeout_s", 0.5}, {"request_timeout_s", 2.0}, {"retry_deadline_s", 2.0}, {"flush_timeout_s", 3.0}};
const std::map<std::string, double> kPatient = {
    {"connect_timeout_s", 2.5}, {"request_timeout_s", 30.0}, {"retry_deadline_s", 30.0}, {"flush_timeout_s", 90.0}};

constexpr double kBoundedS = 60.0;  // far beyond the impatient deadlines on a busy machine, far below the default ones

/// Runs against a useless server; returns the log and checks that nothing took long, threw or was reported as
/// delivered.
std::string run_in_vain(const std::string& url) {
  CapturedLog log;
  const Stopwatch watch;
  std::string folder;
  {
    const auto start = start_of("faults", "run");
    folder = start.record_folder.string();
    const auto run = tracker_for(url, kImpatient)->start(start);
    EXPECT_LT(watch.seconds(), kBoundedS);
    run->log_metric("loss", 1.0, 1);
    run->log_params({{"lr", "0.1"}});
    run->start_child({"", "child", {}, {}})->finish(RunStatus::kFinished);
    run->finish(RunStatus::kFinished);
    EXPECT_EQ(run->delivery().undelivered, 4);
    EXPECT_EQ(run->delivery().sent, 0);
    EXPECT_NE(run->delivery().first_error, "");
    EXPECT_EQ(run->delivery().url, "");
  }
  EXPECT_LT(watch.seconds(), kBoundedS);
  EXPECT_EQ(log.count("goes on untracked; its record lies in " + folder), 1) << log.text();
  EXPECT_EQ(log.count("4 of 4 tracked values, files and statuses did not reach"), 1) << log.text();
  return log.text();
}

TEST(FaultsTest, TellsThatNobodyListens) {
  const auto text = run_in_vain(fmt::format("http://127.0.0.1:{}", free_port()));
  EXPECT_THAT(text, HasSubstr("refuses connections"));
  EXPECT_THAT(text, HasSubstr("start a server with `make mlflow-up`, or run with track=off"));
}

TEST(FaultsTest, TellsThatTheHostIsUnknown) {
  EXPECT_THAT(run_in_vain("http://no-such-host.invalid:5000"), HasSubstr("names a host that is not known"));
}

TEST(FaultsTest, TellsThatNothingIsAnswered) {
  FaultServer server([](const std::string&) { return std::string(FaultServer::kHang); });
  EXPECT_THAT(run_in_vain(server.url()), HasSubstr("has not answered within"));
}

TEST(FaultsTest, TellsThatAWebPageIsAnswered) {
  FaultServer missing([](const std::string&) { return http_response(404, "<html>Not Found</html>"); });
  EXPECT_THAT(run_in_vain(missing.url()), HasSubstr("HTTP 404: a web page"));
  FaultServer welcoming([](const std::string&) { return http_response(200, "<html>Welcome</html>"); });
  EXPECT_THAT(run_in_vain(welcoming.url()), HasSubstr("answers with a web page instead of MLflow's data"));
}

TEST(FaultsTest, TellsThatTheHostHeaderIsRefused) {
  FaultServer server([](const std::string&) {
    return http_response(403, "Invalid Host header - possible DNS rebinding attack detected", "text/plain");
  });
  EXPECT_THAT(run_in_vain(server.url()), HasSubstr("--allowed-hosts '127.0.0.1:" + std::to_string(server.port())));
}

TEST(FaultsTest, TellsThatTheServerFails) {
  FaultServer server([](const std::string&) { return http_response(500, "oops", "text/plain"); });
  EXPECT_THAT(run_in_vain(server.url()), HasSubstr("HTTP 500: oops"));
  EXPECT_GE(server.requests().size(), 3U);
}

TEST(FaultsTest, SurvivesAnswersThatAreNotHttpOrNotMlflow) {
  FaultServer garbage([](const std::string&) { return std::string("\x01\x02 SSH-2.0 hello\r\n\r\n") + '\0'; });
  EXPECT_THAT(run_in_vain(garbage.url()), HasSubstr("does not speak HTTP"));
  FaultServer other([](const std::string&) { return http_response(200, "{}", "application/json"); });
  EXPECT_THAT(run_in_vain(other.url()), HasSubstr("answers without the id"));
  FaultServer array([](const std::string&) { return http_response(200, "[1, 2", "application/json"); });
  EXPECT_THAT(run_in_vain(array.url()), HasSubstr("instead of MLflow's data"));
}

TEST(FaultsTest, SendsTheLoginAndNeverShowsIt) {
  FaultServer server([](const std::string& request) { return http_response(401, request, "text/plain"); });
  const auto uri = fmt::format("http://ann:hunter2@127.0.0.1:{}", server.port());
  EXPECT_ERROR(tracker_for(uri, kImpatient), kConfig, "track.uri must not hold a user or a password");
  ::setenv("MLFLOW_TRACKING_URI", uri.c_str(), 1);
  const auto text = run_in_vain("");
  ::unsetenv("MLFLOW_TRACKING_URI");
  EXPECT_THAT(text, HasSubstr("HTTP 401"));
  EXPECT_THAT(text, Not(HasSubstr("hunter2")));
  EXPECT_THAT(text, Not(HasSubstr("ann:")));
  EXPECT_THAT(text, Not(HasSubstr("YW5uOmh1bnRlcjI")));
  ASSERT_FALSE(server.requests().empty());
  EXPECT_THAT(server.requests()[0], HasSubstr("Authorization: Basic YW5uOmh1bnRlcjI="));
  ::setenv("MLFLOW_TRACKING_TOKEN", "tok123", 1);
  FaultServer bearer([](const std::string& request) { return http_response(401, request, "text/plain"); });
  const auto other = run_in_vain(bearer.url());
  ::unsetenv("MLFLOW_TRACKING_TOKEN");
  EXPECT_THAT(bearer.requests().at(0), HasSubstr("Authorization: Bearer tok123"));
  EXPECT_THAT(other, Not(HasSubstr("tok123")));
}

TEST(FaultsTest, IsNotHeldUpByDelayedAcknowledgements) {
  FaultServer server([](const std::string&) { return http_response(200, "{\"run\": {}}"); });
  HttpClient client({});
  HttpRequest request;
  request.url = server.url();
  double fastest = 1e9;  // a delayed acknowledgement costs each request 40 ms, a busy machine only some requests
  for (int i = 0; i < 100; ++i) {
    const Stopwatch watch;
    ASSERT_TRUE(client.send(request).ok());
    fastest = std::min(fastest, watch.seconds());
  }
  EXPECT_LT(fastest, 0.020);
  EXPECT_EQ(server.num_connections(), 1);
}

TEST(FaultsTest, BoundsWhatItReads) {
  FaultServer server([](const std::string&) { return http_response(200, std::string(2'000'000, ' ')); });
  HttpOptions options;
  options.max_body_bytes = 1'000'000;
  HttpClient client(options);
  HttpRequest request;
  request.url = server.url();
  EXPECT_EQ(client.send(request).transport, Transport::kTooLarge);
}

/// Logs a run with points, a param and a child through `url`, and checks on the real server that each exists once.
void expect_exactly_once(const std::string& url, const std::string& real_url, const std::string& experiment) {
  const auto run = tracker_for(url, kPatient)->start(start_of(experiment, "parent"));
  const auto child = run->start_child({"", "child", {}, {}});
  for (int i = 0; i < 2300; ++i) run->log_metric("loss", i, i);
  run->log_params({{"lr", "0.1"}});
  run->finish(RunStatus::kFinished);
  const auto delivery = run->delivery();
  ASSERT_TRUE(delivery.complete()) << delivery.first_error;
  EXPECT_GE(delivery.retried, 1);
  auto api = api_for(real_url);
  const auto runs = api.search_runs((*api.find_experiment(experiment))->id);
  ASSERT_TRUE(runs);
  EXPECT_EQ(runs->size(), 2U);
  for (const RunInfo& one : *runs) EXPECT_EQ(one.status, "FINISHED");
  EXPECT_EQ(api.metric_history(delivery.run_id, "loss")->size(), 2300U);
  EXPECT_EQ(as_map(api.get_run(delivery.run_id)->params)["lr"], "0.1");
}

TEST(FaultsTest, DeliversOnceWhenAThirdOfTheRequestsFail) {
  ASSAY_MLFLOW_OR_SKIP(real);
  Proxy proxy(real->port(), [](int number, const std::string&) -> std::optional<std::string> {
    const auto dice = std::mt19937(static_cast<unsigned>(number))() % 6;  // random, but always the same
    if (dice < 2 || number == 0) return http_response(dice == 0 ? 500 : 429, "busy", "text/plain");
    return std::nullopt;
  });
  expect_exactly_once(proxy.url(), real->url(), "a third fails");
}

TEST(FaultsTest, DeliversOnceWhenTheReplyIsLostAfterTheServerStoredIt) {
  ASSAY_MLFLOW_OR_SKIP(real);
  std::mutex mutex;
  std::set<std::string> seen;
  Proxy proxy(real->port(), [&](int, const std::string& request) -> std::optional<std::string> {
    const auto line = request.substr(0, request.find('\r')) + request.substr(request.find("\r\n\r\n"));
    const std::lock_guard lock(mutex);
    if (!seen.insert(line).second) return std::nullopt;
    forward(real->port(), request);
    return "";
  });
  expect_exactly_once(proxy.url(), real->url(), "reply lost");
}

TEST(FaultsTest, ResumesWhenTheServerComesBackMidRun) {
  ASSAY_MLFLOW_OR_SKIP(real);
  CapturedLog log;
  auto options = kPatient;
  options["retry_deadline_s"] = 0.5;
  const auto run = tracker_for(real->url(), options)->start(start_of("restart", "run"));
  for (int i = 0; i < 50; ++i) run->log_metric("loss", i, i);
  real->stop(SIGKILL);
  const Stopwatch watch;
  for (int i = 50; i < 1500; ++i) run->log_metric("loss", i, i);
  run->set_tag("state", "through");
  EXPECT_LT(watch.seconds(), kBoundedS) << "each of 1,450 calls waited for the server";
  while (log.count("goes on untracked") == 0 && watch.seconds() < kBoundedS) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_FALSE(run->delivery().complete());
  EXPECT_EQ(log.count("goes on untracked"), 1) << log.text();
  real->start();
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().complete()) << run->delivery().first_error;
  EXPECT_THAT(log.text(), HasSubstr("answers again; delivery goes on"));
  auto api = api_for(real->url());
  EXPECT_EQ(api.metric_history(run->delivery().run_id, "loss")->size(), 1500U);
  EXPECT_EQ(api.get_run(run->delivery().run_id)->tag("state"), "through");
  EXPECT_EQ(api.get_run(run->delivery().run_id)->status, "FINISHED");
}

TEST(FaultsTest, EndsInTimeWhenTheServerDiesForGood) {
  ASSAY_MLFLOW_OR_SKIP(real);
  std::atomic<bool> dead = false;
  Proxy proxy(real->port(), [&](int, const std::string&) -> std::optional<std::string> {
    if (dead) return "";
    return std::nullopt;
  });
  CapturedLog log;
  const auto run = tracker_for(proxy.url(), kImpatient)->start(start_of("death", "run"));
  EXPECT_NE(run->delivery().run_id, "");
  dead = true;
  for (int i = 0; i < 5; ++i) run->log_metric("loss", i, i);
  const Stopwatch watch;
  run->finish(RunStatus::kFinished);
  EXPECT_LT(watch.seconds(), kBoundedS);
  EXPECT_EQ(run->delivery().undelivered, 5 + 1);
  EXPECT_THAT(log.text(), HasSubstr("did not reach " + proxy.url() + "; they are kept\n  hint: `assay sync "));
}

TEST(FaultsTest, IsNotHeldUpByAFileThatTheServerCannotStore) {
  ASSAY_MLFLOW_OR_SKIP(real);
  Proxy proxy(real->port(), [](int, const std::string& request) -> std::optional<std::string> {
    if (request.starts_with("PUT") && request.find("bad.bin") < 200)
      return http_response(500, "disk full", "text/plain");
    return std::nullopt;
  });
  TemporaryFolder folder;
  const auto run = tracker_for(proxy.url(), kPatient)->start(start_of("bad file", "run"));
  run->log_artifact(folder.write("file", "content"), "bad.bin");
  run->log_artifact(folder.path() / "file", "good.bin");
  run->finish(RunStatus::kFailed);
  EXPECT_EQ(run->delivery().undelivered, 1);
  auto api = api_for(real->url());
  const auto info = api.get_run(run->delivery().run_id);
  EXPECT_EQ(info->status, "FAILED");
  EXPECT_EQ(*api.download_artifact(info->artifact_uri, "good.bin"), "content");
}

}  // namespace
}  // namespace assay::track
