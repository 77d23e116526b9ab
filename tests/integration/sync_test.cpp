// Data that reach a server after their run, by `assay sync`: once, complete, with the right times and status.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

#include "core/clock.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"
#include "killed_process.h"
#include "tool/run_assay.h"
#include "track/journal/journal.h"

namespace assay::track {
namespace {

using testing::HasSubstr;

report::ProcessResult sync(const std::filesystem::path& place, const std::string& url) {
  return run_assay({"sync", place.string(), "--tracking-uri", url, "--patience", "5"});
}

std::unique_ptr<Run> start_offline(const RunStart& start) {
  const config::Origin origin{"run.toml", 1, 1};
  config::Table table;
  table.set("name", config::Value(std::string("journal"), origin));
  return make_tracker(config::Section(table, "track", origin))->start(start);
}

std::vector<RunInfo> runs_of(const std::string& url, const std::string& experiment) {
  auto api = api_for(url);
  const auto found = api.find_experiment(experiment);
  if (!found || !found->has_value()) return {};
  return *api.search_runs((*found)->id);
}

TEST(SyncTest, DeliversAnOfflineRunOnceWithItsOwnTimes) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const TemporaryFolder files;
  const auto start = start_of("offline", "parent");
  const auto begun_ms = wall_clock_ms();
  {
    const auto run = start_offline(start);
    const auto child = run->start_child({"", "child", {}, {}});
    for (int i = 0; i < 1500; ++i) run->log_metric("loss", i, i);
    child->log_params({{"lr", "0.1"}});
    run->log_artifact(files.write("model.pt", "weights"), "models/model.pt");
    run->finish(RunStatus::kFinished);
    EXPECT_EQ(run->delivery().backend, "journal");
    EXPECT_TRUE(run->delivery().complete());
  }
  const auto ended_ms = wall_clock_ms();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));

  const auto first = sync(start.record_folder, server->url());
  EXPECT_EQ(first.code, 0) << first.output;
  EXPECT_THAT(first.output, HasSubstr("1 journals, 1504 entries delivered, 0 journals incomplete"));
  const auto second = sync(start.record_folder, server->url());
  EXPECT_EQ(second.code, 0) << second.output;
  EXPECT_THAT(second.output, HasSubstr("1 journals, 0 entries delivered"));

  const auto runs = runs_of(server->url(), "offline");
  ASSERT_EQ(runs.size(), 2U);
  auto api = api_for(server->url());
  for (const auto& one : runs) {
    EXPECT_EQ(one.status, "FINISHED");
    EXPECT_GE(one.start_ms, begun_ms);
    EXPECT_LE(one.end_ms, ended_ms);
    if (one.name != "parent") continue;
    EXPECT_EQ(api.metric_history(one.id, "loss")->size(), 1500U);
    EXPECT_EQ(*api.download_artifact(one.artifact_uri, "models/model.pt"), "weights");
  }
}

TEST(SyncTest, TwoAtOnceDeliverOnce) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto start = start_of("two at once", "run");
  {
    const auto run = start_offline(start);
    for (int i = 0; i < 5000; ++i) run->log_metric("loss", i, i);
    run->finish(RunStatus::kFinished);
  }
  report::ProcessResult other;
  std::thread thread([&] { other = sync(start.record_folder, server->url()); });
  const auto one = sync(start.record_folder, server->url());
  thread.join();
  EXPECT_EQ(one.code, 0) << one.output;
  EXPECT_EQ(other.code, 0) << other.output;
  const auto runs = runs_of(server->url(), "two at once");
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(api_for(server->url()).metric_history(runs[0].id, "loss")->size(), 5000U);
  EXPECT_EQ(runs[0].status, "FINISHED");
}

TEST(SyncTest, SaysWhatIsLeftWhenTheServerIsAway) {
  const auto start = start_of("away", "run");
  start_offline(start)->finish(RunStatus::kFinished);
  const auto result = sync(start.record_folder, fmt::format("http://127.0.0.1:{}", free_port()));
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.output, HasSubstr("0 delivered, 1 left"));
  EXPECT_THAT(result.output, HasSubstr("refuses connections"));
}

TEST(SyncTest, AKilledProcessLosesNothingAndItsRunIsClosed) {
  ASSAY_MLFLOW_OR_SKIP(server);
  constexpr int kNumRounds = 20;
  for (int round = 0; round < kNumRounds; ++round) {
    const auto name = fmt::format("killed {}", round);
    const auto start = start_of(name, "run");
    const auto last = run_until_killed(10 + 391 * round, [&](const auto& done) {
      const auto run = tracker_for(server->url())->start(start);
      for (std::int64_t i = 0;; ++i) {
        run->log_metric("loss", 0.5, i);
        done(i);
        if (i % 100 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    });

    const auto result = sync(start.record_folder, server->url());
    ASSERT_EQ(result.code, 0) << result.output;
    const auto runs = runs_of(server->url(), name);
    ASSERT_EQ(runs.size(), 1U) << "round " << round;
    EXPECT_EQ(runs[0].status, "KILLED");
    EXPECT_EQ(runs[0].tag("assay.error"), "the process died without ending the run");
    const auto points = api_for(server->url()).metric_history(runs[0].id, "loss");
    ASSERT_TRUE(points);
    std::set<std::int64_t> steps;
    for (const auto& point : *points) steps.insert(point.step);
    EXPECT_EQ(steps.size(), points->size()) << "a point arrived twice";
    EXPECT_GT(static_cast<std::int64_t>(points->size()), last) << "a point was lost in round " << round;
    EXPECT_EQ(*steps.rbegin() + 1, static_cast<std::int64_t>(steps.size()));
    EXPECT_EQ(runs[0].end_ms, points->back().timestamp_ms);
  }
}

}  // namespace
}  // namespace assay::track
