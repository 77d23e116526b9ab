#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <fstream>
#include <future>
#include <limits>
#include <mutex>
#include <set>
#include <thread>

#include "core/clock.h"
#include "core/file.h"
#include "integration/fault_server.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"

namespace assay::track {
namespace {

TEST(MlflowRunTest, DeliversEveryPointParamTagAndFile) {
  ASSAY_MLFLOW_OR_SKIP(server);
  TemporaryFolder folder;
  std::string bytes;
  for (unsigned i = 0; i < 3'000'000; ++i) bytes += static_cast<char>(i * 7919U >> 3);
  const auto file = folder.write("model.pt", bytes);
  const auto run =
      tracker_for(server->url())->start(start_of("delivery", "all", {{"mlflow.source.name", "household"}}));
  constexpr int kNumPoints = 3500;
  for (int i = 0; i < kNumPoints; ++i) run->log_metric(i % 2 == 0 ? "train/loss" : "val/loss", 1.0 / (i + 1), i);
  for (int i = 0; i < 250; ++i) run->log_params({{fmt::format("p{}", i), fmt::format("v{}", i)}});
  run->set_tag("assay.record", "record.json");
  run->log_artifact(file, "models/fläche 100%+a.pt");
  run->log_artifact(folder.write("empty", ""), "empty.txt");
  run->finish(RunStatus::kFinished);

  const auto delivery = run->delivery();
  EXPECT_TRUE(delivery.complete()) << delivery.first_error;
  EXPECT_EQ(delivery.sent, kNumPoints + 250 + 1 + 2 + 1);
  auto api = api_for(server->url());
  const auto info = api.get_run(delivery.run_id);
  ASSERT_TRUE(info) << info.failure().message;
  EXPECT_EQ(info->status, "FINISHED");
  EXPECT_EQ(info->name, "all");
  EXPECT_NEAR(static_cast<double>(info->end_ms), static_cast<double>(wall_clock_ms()), 60e3);
  EXPECT_LE(info->start_ms, info->end_ms);
  EXPECT_EQ(as_map(info->params).size(), 250U);
  EXPECT_EQ(as_map(info->params)["p249"], "v249");
  EXPECT_EQ(info->tag("assay.record"), "record.json");
  EXPECT_EQ(info->tag("mlflow.source.name"), "household");
  EXPECT_EQ(info->tag("mlflow.source.type"), "LOCAL");
  EXPECT_NE(info->tag("mlflow.user"), "");
  const auto by_user = "attributes.user_id = '" + info->tag("mlflow.user") + "'";
  EXPECT_EQ(api.search_runs(info->experiment_id, by_user)->size(), 1U);
  for (const int parity : {0, 1}) {
    const auto points = api.metric_history(delivery.run_id, parity == 0 ? "train/loss" : "val/loss");
    ASSERT_TRUE(points);
    ASSERT_EQ(points->size(), kNumPoints / 2U);
    for (std::size_t i = 0; i < points->size(); ++i) {
      const auto step = static_cast<std::int64_t>(2 * i) + parity;
      EXPECT_EQ((*points)[i].step, step);
      EXPECT_EQ((*points)[i].value, 1.0 / static_cast<double>(step + 1));
      EXPECT_GE((*points)[i].timestamp_ms, info->start_ms);
    }
  }
  const auto stored = api.download_artifact(info->artifact_uri, "models/fläche 100%+a.pt");
  ASSERT_TRUE(stored) << stored.failure().message;
  EXPECT_TRUE(*stored == bytes);
  const auto files = api.list_artifacts(delivery.run_id, "models");
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 1U);
  EXPECT_EQ(files->front().path, "models/fläche 100%+a.pt");
  EXPECT_EQ(files->front().size_bytes, 3'000'000);
}

TEST(MlflowRunTest, KeepsWhatIsNoNumberAndWhatFollowsIt) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto run = tracker_for(server->url())->start(start_of("values", "nan"));
  run->log_metric("a", 1.0, 1);
  run->log_metric("a", std::numeric_limits<double>::quiet_NaN(), 2);
  run->log_metric("a", std::numeric_limits<double>::infinity(), 3);
  run->log_metric("a", -2.5e-310, 4);
  run->set_tag("after", "all");
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().complete());
  auto api = api_for(server->url());
  const auto points = api.metric_history(run->delivery().run_id, "a");
  ASSERT_TRUE(points);
  ASSERT_EQ(points->size(), 4U);
  EXPECT_TRUE(std::isnan((*points)[1].value));
  EXPECT_GE((*points)[2].value, std::numeric_limits<double>::max());
  EXPECT_EQ((*points)[3].value, -2.5e-310);
  EXPECT_EQ(api.get_run(run->delivery().run_id)->tag("after"), "all");
}

TEST(MlflowRunTest, CutsAParamThatTheServerWouldCutSilently) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto run = tracker_for(server->url())->start(start_of("values", "long"));
  run->log_params({{"long", std::string(7000, 'x')}, {"lr", "0.1"}, {"lr", "0.1"}});
  run->log_params({{"lr", "0.1"}});
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().complete());
  const auto info = api_for(server->url()).get_run(run->delivery().run_id);
  EXPECT_THAT(as_map(info->params)["long"], testing::EndsWith("... [cut, 7000 characters in all]"));
  EXPECT_EQ(as_map(info->params)["lr"], "0.1");
}

TEST(MlflowRunTest, ShowsChildrenBelowTheirParentAndClosesThemFirst) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto parent = tracker_for(server->url())->start(start_of("tree", "parent"));
  const auto done = parent->start_child({"", "float", {{"assay.variant", "float"}}, {}});
  const auto open = parent->start_child({"", "static_int8", {{"assay.variant", "static_int8"}}, {}});
  done->log_metric("test/accuracy", 0.9, 0);
  done->finish(RunStatus::kFinished);
  open->log_metric("test/accuracy", 0.8, 0);
  parent->finish(RunStatus::kKilled);
  EXPECT_TRUE(parent->delivery().complete()) << parent->delivery().first_error;
  EXPECT_EQ(parent->delivery().sent, 2 + 3);

  auto api = api_for(server->url());
  const auto experiment = api.find_experiment("tree");
  ASSERT_TRUE(experiment && experiment->has_value());
  const auto parent_id = parent->delivery().run_id;
  const auto children = api.search_runs((*experiment)->id, "tags.`mlflow.parentRunId` = '" + parent_id + "'");
  ASSERT_TRUE(children);
  ASSERT_EQ(children->size(), 2U);
  std::map<std::string, std::string> status;
  for (const RunInfo& child : *children) status[child.tag("assay.variant")] = child.status;
  EXPECT_EQ(status, (std::map<std::string, std::string>{{"float", "FINISHED"}, {"static_int8", "KILLED"}}));
  const auto info = api.get_run(parent_id);
  EXPECT_EQ(info->status, "KILLED");
  for (const RunInfo& child : *children) EXPECT_LE(child.end_ms, info->end_ms);
  EXPECT_EQ(parent->delivery().url, server->url() + "/#/experiments/" + (*experiment)->id + "/runs/" + parent_id);
}

TEST(MlflowRunTest, FailsARunThatIsForgotten) {
  ASSAY_MLFLOW_OR_SKIP(server);
  auto run = tracker_for(server->url())->start(start_of("forgotten", "run"));
  const auto id = run->delivery().run_id;
  run.reset();
  EXPECT_EQ(api_for(server->url()).get_run(id)->status, "FAILED");
}

TEST(MlflowRunTest, LosesOnlyTheBadEntityOfABatch) {
  ASSAY_MLFLOW_OR_SKIP(server);
  CapturedLog log;
  const auto run = tracker_for(server->url())->start(start_of("bad entity", "run"));
  auto api = api_for(server->url());
  ASSERT_TRUE(api.log_batch(run->delivery().run_id, {{}, {{"p77", "other"}}, {}}));  // another client changed the run
  for (int i = 0; i < 100; ++i) run->log_params({{fmt::format("p{}", i), "v"}});
  for (int i = 0; i < 500; ++i) run->log_metric("loss", i, i);
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 1);
  EXPECT_THAT(run->delivery().first_error, testing::HasSubstr("p77"));
  EXPECT_THAT(log.text(), testing::HasSubstr("param `p77` of run `run` cannot be tracked"));
  EXPECT_EQ(api.get_run(run->delivery().run_id)->params.size(), 100U);
  EXPECT_EQ(api.metric_history(run->delivery().run_id, "loss")->size(), 500U);
  EXPECT_EQ(api.get_run(run->delivery().run_id)->status, "FINISHED");
}

TEST(MlflowRunTest, CountsAFileThatIsGone) {
  ASSAY_MLFLOW_OR_SKIP(server);
  CapturedLog log;
  const auto run = tracker_for(server->url())->start(start_of("lost file", "run"));
  run->log_artifact("/nonexistent/model.pt", "model.pt");
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 1);
  EXPECT_THAT(run->delivery().first_error, testing::HasSubstr("/nonexistent/model.pt"));
}

TEST(MlflowRunTest, GoesOnWhenTheExperimentLiesDeleted) {
  ASSAY_MLFLOW_OR_SKIP(server);
  auto api = api_for(server->url());
  const auto id = api.get_or_create_experiment("deleted one");
  ASSERT_TRUE(id);
  HttpClient client({});
  HttpRequest request{"POST", server->url() + "/api/2.0/mlflow/experiments/delete",
                      R"({"experiment_id": ")" + *id + R"("})"};
  ASSERT_TRUE(client.send(request).ok());
  CapturedLog log;
  const auto run = tracker_for(server->url())->start(start_of("deleted one", "run"));
  run->start_child({"", "child", {}, {}})->log_metric("loss", 1, 1);
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 3);
  EXPECT_THAT(log.text(), testing::HasSubstr("experiment `deleted one` lies deleted"));
  EXPECT_THAT(log.text(), testing::HasSubstr("mlflow experiments restore --experiment-id " + *id));
}

TEST(MlflowRunTest, LogsWithoutWaitingForTheServer) {
  ASSAY_MLFLOW_OR_SKIP(server);
  std::promise<void> all_logged;
  std::atomic<bool> is_waited_for = false;
  Proxy silent(server->port(), [&, is_logged = all_logged.get_future().share()](int, const std::string& request) {
    const bool is_batch = request.starts_with("POST /api/2.0/mlflow/runs/log-batch");
    if (is_batch && is_logged.wait_for(std::chrono::minutes(1)) != std::future_status::ready) is_waited_for = true;
    return std::optional<std::string>();
  });
  const auto run = tracker_for(silent.url(), {{"flush_timeout_s", 90.0}})->start(start_of("silent", "run"));
  for (int i = 0; i < 20'000; ++i) run->log_metric("loss", i, i);
  all_logged.set_value();
  run->finish(RunStatus::kFinished);
  EXPECT_FALSE(is_waited_for);
  EXPECT_TRUE(run->delivery().complete());
  EXPECT_EQ(api_for(server->url()).metric_history(run->delivery().run_id, "loss")->size(), 20'000U);
}

TEST(MlflowApiTest, MakesAnExperimentOnceWhenManyTryAtOnce) {
  ASSAY_MLFLOW_OR_SKIP(server);
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::set<std::string> ids;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      const auto id = api_for(server->url()).get_or_create_experiment("race / ? & é");
      const std::lock_guard lock(mutex);
      ids.insert(id ? *id : id.failure().message);
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(ids.size(), 1U) << *ids.begin();
}

TEST(MlflowApiTest, FindsNothingWhereNothingIs) {
  ASSAY_MLFLOW_OR_SKIP(server);
  auto api = api_for(server->url());
  const auto experiment = api.find_experiment("never made");
  ASSERT_TRUE(experiment);
  EXPECT_FALSE(experiment->has_value());
  const auto id = api.get_or_create_experiment("empty");
  const auto run = api.find_runs(*id, "0123");
  ASSERT_TRUE(run);
  EXPECT_TRUE(run->empty());
  EXPECT_EQ(api.get_run("0123").failure().code, "RESOURCE_DOES_NOT_EXIST");
}

}  // namespace
}  // namespace assay::track
