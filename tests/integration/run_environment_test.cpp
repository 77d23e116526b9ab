// The effect of MLflow's variables about runs and requests on a run on a real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "integration/fault_server.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"
#include "track/clean_environment.h"
#include "track/delivery/deliverer.h"

namespace assay::track {
namespace {

using testing::HasSubstr;

class RunEnvironmentTest : public testing::Test {
 protected:
  /// Runs with one point, and returns the server's data of the run.
  static RunInfo run_once(const std::string& url, const RunStart& start, double value = 1.0) {
    const auto run = tracker_for(url)->start(start);
    run->log_metric("loss", value, static_cast<std::int64_t>(value));
    run->finish(RunStatus::kFinished);
    EXPECT_TRUE(run->delivery().complete()) << run->delivery().first_error;
    const auto info = api_for(url).get_run(run->delivery().run_id);
    return info ? *info : RunInfo{};
  }

  static std::string experiment_of(const std::string& url, const RunInfo& run) {
    const auto found = api_for(url).get_experiment(run.experiment_id);
    return found ? found->name : found.failure().message;
  }

  CleanEnvironment clean_;
};

TEST_F(RunEnvironmentTest, ARunGoesOnUnderItsIdOnce) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto first =
      run_once(server->url(), start_of("resume", "first", {{"stage", "one"}, {"mlflow.note.content", "a"}}));
  ::setenv("MLFLOW_RUN_ID", first.id.c_str(), 1);
  const auto tracker = tracker_for(server->url());
  const auto run = tracker->start(start_of("ignored", "second", {{"stage", "two"}, {"mlflow.note.content", "b"}}));
  EXPECT_EQ(std::getenv("MLFLOW_RUN_ID"), nullptr);
  auto api = api_for(server->url());
  EXPECT_EQ(api.get_run(first.id)->status, "RUNNING");
  run->log_metric("loss", 2.0, 2);
  run->start_child({"", "child", {}, {}})->finish(RunStatus::kFinished);
  run->finish(RunStatus::kFailed);
  EXPECT_EQ(run->delivery().run_id, first.id);
  const auto info = api.get_run(first.id);
  EXPECT_EQ(info->status, "FAILED");
  EXPECT_EQ(info->name, "first");
  EXPECT_EQ(info->tag("stage"), "two");
  EXPECT_EQ(info->tag("mlflow.note.content"), "a");
  EXPECT_EQ(api.metric_history(first.id, "loss")->size(), 2U);
  EXPECT_EQ(api.search_runs(first.experiment_id)->size(), 2U);  // with the child
  EXPECT_NE(run_once(server->url(), start_of("resume", "third")).id, first.id);
}

TEST_F(RunEnvironmentTest, SystemMetricsGoOnBehindTheLastStep) {
  ASSAY_MLFLOW_OR_SKIP(server);
  ::setenv("MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING", "true", 1);
  const auto first = run_once(server->url(), start_of("resume", "watched"));
  ::setenv("MLFLOW_RUN_ID", first.id.c_str(), 1);
  EXPECT_EQ(run_once(server->url(), start_of("resume", "watched on")).id, first.id);
  const auto points = api_for(server->url()).metric_history(first.id, "system/disk_usage_percentage");
  ASSERT_TRUE(points);
  std::vector<std::int64_t> steps;
  for (const auto& point : *points) steps.push_back(point.step);
  EXPECT_EQ(steps, (std::vector<std::int64_t>{0, 1, 2, 3}));
}

TEST_F(RunEnvironmentTest, ALateEndOfTheKilledFirstProcessDoesNotEndTheRunAgain) {
  ASSAY_MLFLOW_OR_SKIP(server);
  auto finished = run_once(server->url(), start_of("resume", "gone on"));
  const TemporaryFolder folder;
  JournalStore store(folder.path() / "late.journal");
  RecordedRun run;
  run.uuid = "late";
  run.experiment = "resume";
  run.start_ms = finished.start_ms - 2000;
  run.id = store.begin_run(run);
  run.server = server->url();
  run.run_id = finished.id;
  store.mark_made(run);
  store.append({{.kind = EntryKind::kEnd, .run = run.id, .time_ms = finished.end_ms - 1000, .key = "KILLED"}}, 1);
  auto api = api_for(server->url());
  Deliverer deliverer(api);
  for (auto step = deliverer.step(store); !step.is_idle; step = deliverer.step(store)) ASSERT_FALSE(step.failure);
  EXPECT_EQ(store.num_waiting(), 0);
  EXPECT_EQ(api.get_run(finished.id)->status, "FINISHED");
  EXPECT_EQ(api.get_run(finished.id)->end_ms, finished.end_ms);
}

TEST_F(RunEnvironmentTest, TellsThatTheRunToGoOnWithIsNotThere) {
  ASSAY_MLFLOW_OR_SKIP(server);
  ::setenv("MLFLOW_RUN_ID", "0123456789abcdef0123456789abcdef", 1);
  CapturedLog log;
  const auto run = tracker_for(server->url())->start(start_of("resume", "run"));
  run->finish(RunStatus::kFinished);
  EXPECT_FALSE(run->delivery().complete());
  EXPECT_THAT(log.text(), HasSubstr("MLFLOW_RUN_ID must name a run of this server"));
}

TEST_F(RunEnvironmentTest, TheExperimentComesFromTheStartThenTheNameThenTheIdThenTheSource) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto url = server->url();
  const auto by_source = run_once(url, start_of("", "run", {{"mlflow.source.name", "binary"}}));
  EXPECT_EQ(experiment_of(url, by_source), "binary");
  ::setenv("MLFLOW_EXPERIMENT_ID", by_source.experiment_id.c_str(), 1);
  EXPECT_EQ(run_once(url, start_of("", "run", {{"mlflow.source.name", "other"}})).experiment_id,
            by_source.experiment_id);
  ::setenv("MLFLOW_EXPERIMENT_NAME", "binary", 1);
  EXPECT_EQ(run_once(url, start_of("", "run")).experiment_id, by_source.experiment_id);
  EXPECT_EQ(experiment_of(url, run_once(url, start_of("explicit", "run"))), "explicit");
  ::unsetenv("MLFLOW_EXPERIMENT_ID");
  ::setenv("MLFLOW_EXPERIMENT_NAME", "made by name", 1);
  EXPECT_EQ(experiment_of(url, run_once(url, start_of("", "run"))), "made by name");
}

TEST_F(RunEnvironmentTest, TellsThatTheExperimentIsNotThereOrAnother) {
  ASSAY_MLFLOW_OR_SKIP(server);
  CapturedLog log;
  const auto run_in_vain = [&] {
    const auto run = tracker_for(server->url())->start(start_of("", "run", {{"mlflow.source.name", "binary"}}));
    run->finish(RunStatus::kFinished);
    EXPECT_FALSE(run->delivery().complete());
  };
  ::setenv("MLFLOW_EXPERIMENT_ID", "987654", 1);
  run_in_vain();
  EXPECT_THAT(log.text(), HasSubstr("correct or unset MLFLOW_EXPERIMENT_ID"));
  ::setenv("MLFLOW_EXPERIMENT_ID", "0", 1);
  ::setenv("MLFLOW_EXPERIMENT_NAME", "binary", 1);
  run_in_vain();
  EXPECT_THAT(log.text(), HasSubstr("MLFLOW_EXPERIMENT_NAME is `binary`, but MLFLOW_EXPERIMENT_ID 0 is `Default`"));
}

TEST_F(RunEnvironmentTest, TheContextsTagsWinInEveryRun) {
  ASSAY_MLFLOW_OR_SKIP(server);
  ::setenv("MLFLOW_RUN_CONTEXT", R"({"mlflow.source.git.commit": "abc", "image": "sha256:1"})", 1);
  const auto run = tracker_for(server->url())->start(start_of("context", "run", {{"mlflow.source.git.commit", "own"}}));
  run->start_child({"", "child", {}, {}})->finish(RunStatus::kFinished);
  run->finish(RunStatus::kFinished);
  auto api = api_for(server->url());
  const auto runs = api.search_runs((*api.find_experiment("context"))->id);
  ASSERT_EQ(runs->size(), 2U);
  for (const auto& one : *runs) {
    EXPECT_EQ(one.tag("mlflow.source.git.commit"), "abc");
    EXPECT_EQ(one.tag("image"), "sha256:1");
  }
}

TEST_F(RunEnvironmentTest, TheTimeoutCountsUnlessTheConfigurationSaysOtherwise) {
  FaultServer server([](const std::string&) { return std::string(FaultServer::kHang); });
  ::setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "0.25", 1);
  for (const auto& [options, expected] : {std::pair<std::map<std::string, double>, std::string>{{}, "within 0.25 s"},
                                          {{{"request_timeout_s", 0.125}}, "within 0.125 s"}}) {
    CapturedLog log;
    auto all = options;
    all["retry_deadline_s"] = all["flush_timeout_s"] = 0.05;
    tracker_for(server.url(), all)->start(start_of("timeout", "run"))->finish(RunStatus::kFinished);
    EXPECT_THAT(log.text(), HasSubstr(expected));
  }
}

TEST_F(RunEnvironmentTest, MaxRetriesZeroTellsTheFirstFailure) {
  FaultServer server([](const std::string&) { return http_response(500, "oops", "text/plain"); });
  ::setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0", 1);
  ::setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "120", 1);
  CapturedLog log;
  const auto run = tracker_for(server.url(), {{"flush_timeout_s", 0.05}})->start(start_of("no retries", "run"));
  EXPECT_EQ(log.count("goes on untracked"), 1) << log.text();
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(RunEnvironmentTest, SendsTheWorkspaceWithEveryRequest) {
  FaultServer server([](const std::string&) { return http_response(200, "{}", "application/json"); });
  ::setenv("MLFLOW_WORKSPACE", "team-a", 1);
  api_for(server.url()).find_experiment("any");
  EXPECT_THAT(server.requests().at(0), HasSubstr("X-MLFLOW-WORKSPACE: team-a\r\n"));
}

TEST_F(RunEnvironmentTest, ReadsHowLongAServerWantsToBeLeftAlone) {
  std::string header = "Retry-After: 7";
  FaultServer server(
      [&](const std::string&) { return "HTTP/1.1 503 Busy\r\n" + header + "\r\nContent-Length: 0\r\n\r\n"; });
  HttpClient client({});
  HttpRequest request;
  request.url = server.url();
  EXPECT_EQ(client.send(request).retry_after_s, 7.0);
  header = "Retry-After: Fri, 01 Jan 2100 00:00:00 GMT";
  EXPECT_GT(client.send(request).retry_after_s, 3600.0);
  header = "X-Other: 1";
  EXPECT_EQ(client.send(request).retry_after_s, 0.0);
}

TEST_F(RunEnvironmentTest, DeliversAfterTheServerAskedToWait) {
  ASSAY_MLFLOW_OR_SKIP(real);
  std::atomic<int> num_refused = 0;
  FaultServer server([&](const std::string& request) -> std::string {
    const bool is_batch = request.find("runs/log-batch") != std::string::npos;
    if (!is_batch || num_refused++ > 0) return forward(real->port(), request);
    return "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";
  });
  const auto run = tracker_for(server.url())->start(start_of("retry after", "run"));
  run->log_metric("loss", 1.0, 1);
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().complete()) << run->delivery().first_error;
  EXPECT_EQ(run->delivery().retried, 1);
}

TEST_F(RunEnvironmentTest, AStoppedRunThatGoesOnHasEachStepOnceAndNoError) {
  ASSAY_MLFLOW_OR_SKIP(server);
  std::string id;
  {
    const auto run = tracker_for(server->url())->start(start_of("stopped", "run"));
    for (int i = 0; i < 10; ++i) run->log_metric("loss", i, i);
    run->log_params({{"lr", "0.1"}});
    run->set_tag("assay.error", "stopped by signal 15");
    run->finish(RunStatus::kKilled);
    id = run->delivery().run_id;
  }
  ::setenv("MLFLOW_RUN_ID", id.c_str(), 1);
  const auto run = tracker_for(server->url())->start(start_of("stopped", "run"));
  for (int i = 5; i < 20; ++i) run->log_metric("loss", i, i);  // from the last saved state
  run->log_metric("accuracy", 0.5, 19);
  run->log_metric("accuracy", 0.6, 19);
  run->log_params({{"lr", "0.1"}});
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().verified) << run->delivery().difference << run->delivery().first_error;
  auto api = api_for(server->url());
  EXPECT_EQ(api.metric_history(id, "loss")->size(), 20U);
  EXPECT_EQ(api.metric_history(id, "accuracy")->size(), 2U);
  EXPECT_EQ(api.get_run(id)->status, "FINISHED");
  EXPECT_EQ(api.get_run(id)->tag("assay.error"), "");
}

TEST_F(RunEnvironmentTest, TellsWhichParamOfARunThatGoesOnDiffers) {
  ASSAY_MLFLOW_OR_SKIP(server);
  std::string id;
  {
    const auto run = tracker_for(server->url())->start(start_of("differs", "run"));
    run->log_params({{"lr", "0.1"}, {"budget", "100"}});
    run->finish(RunStatus::kKilled);
    id = run->delivery().run_id;
  }
  ::setenv("MLFLOW_RUN_ID", id.c_str(), 1);
  CapturedLog log;
  const auto run = tracker_for(server->url())->start(start_of("differs", "run"));
  run->log_params({{"lr", "0.1"}, {"budget", "200"}});
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 1);
  EXPECT_THAT(log.text(), HasSubstr("param `budget` of run `run` cannot be tracked"));
  EXPECT_THAT(log.text(), HasSubstr("a run that goes on keeps its params"));
}

}  // namespace
}  // namespace assay::track
