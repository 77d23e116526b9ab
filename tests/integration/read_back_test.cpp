// A run is read back before it ends, and everything missing is reported.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>

#include "integration/fault_server.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"

namespace assay::track {
namespace {

using testing::HasSubstr;

TEST(ReadBackTest, VerifiesARunWithEverythingInIt) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const TemporaryFolder folder;
  const auto run = tracker_for(server->url())->start(start_of("read back", "run", {{"kind", "a test"}}));
  run->log_params({{"lr", "0.1"}, {"long", std::string(7000, 'x')}, {"odd", "\xff bytes"}});
  run->set_tag("note", "first");
  run->set_tag("note", "second");
  for (int i = 0; i < 1500; ++i) run->log_metric("loss", 1.0 / (i + 1), i);
  for (const double value : {std::nan(""), double(INFINITY), double(-INFINITY), -0.0, 5e-324})
    run->log_metric("odd", value, -3);
  run->log_artifact(folder.write("a", "one"), "a.txt");
  run->log_artifact(folder.write("b", ""), "folder/ü b+%.txt");
  run->log_dataset({"images", "0123456789abcdef", "training", "local"});
  run->start_child({"", "child", {}, {}})->log_metric("accuracy", 0.5, 1);
  run->finish(RunStatus::kFinished);

  EXPECT_TRUE(run->delivery().verified) << run->delivery().difference;
  auto api = api_for(server->url());
  const auto info = api.get_run(run->delivery().run_id);
  EXPECT_EQ(info->tag("assay.delivery"), "verified");
  const auto manifest = Json::parse(*api.download_artifact(info->artifact_uri, "manifest.json"));
  ASSERT_EQ(manifest["files"].size(), 3U);
  EXPECT_EQ(manifest["files"][0]["path"], "a.txt");
  EXPECT_EQ(manifest["files"][0]["sha256"], "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed");
  EXPECT_EQ(*api.download_artifact(info->artifact_uri, "params/long.txt"), std::string(7000, 'x'));
}

/// Forwards everything except the first request that contains `part`, which it claims to have stored.
FaultServer::Handler swallow(int port, std::string_view part, std::atomic<int>& num_swallowed) {
  return [=, &num_swallowed](const std::string& request) {
    if (request.find(part) == std::string::npos || num_swallowed++ > 0) return forward(port, request);
    return http_response(200, "{}", "application/json");
  };
}

TEST(ReadBackTest, TellsPointsThatTheServerLost) {
  ASSAY_MLFLOW_OR_SKIP(server);
  std::atomic<int> num_swallowed = 0;
  const FaultServer proxy(swallow(server->port(), "\"key\":\"loss\"", num_swallowed));
  const auto run = tracker_for(proxy.url())->start(start_of("lossy", "run"));
  run->log_metric("loss", 1.0, 1);
  run->log_metric("loss", 2.0, 2);
  run->finish(RunStatus::kFinished);
  EXPECT_GT(num_swallowed, 0);
  EXPECT_FALSE(run->delivery().verified);
  EXPECT_FALSE(run->delivery().complete());
  EXPECT_EQ(run->delivery().difference,
            "run `run` on the server: metric loss: 2 of 2 points missing, 0 not logged, 0 twice");
  EXPECT_THAT(api_for(server->url()).get_run(run->delivery().run_id)->tag("assay.delivery"), HasSubstr("loss"));
}

TEST(ReadBackTest, TellsAFileThatTheServerLost) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const TemporaryFolder folder;
  std::atomic<int> num_swallowed = 0;
  const FaultServer proxy(swallow(server->port(), "model.pt HTTP", num_swallowed));
  const auto run = tracker_for(proxy.url())->start(start_of("lossy", "run"));
  run->log_artifact(folder.write("file", "weights"), "models/model.pt");
  run->finish(RunStatus::kFinished);
  EXPECT_THAT(run->delivery().difference, HasSubstr("file models/model.pt: missing"));
}

TEST(ReadBackTest, TellsWhatSomebodyElseChanged) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto run = tracker_for(server->url())->start(start_of("changed", "run"));
  auto api = api_for(server->url());
  const auto id = run->delivery().run_id;
  ASSERT_TRUE(api.log_batch(id, {{{"loss", 9.0, 1, 1}}, {}, {}}));
  run->log_metric("loss", 1.0, 1);
  run->finish(RunStatus::kFinished);
  EXPECT_THAT(run->delivery().difference, HasSubstr("metric loss: 0 of 1 points missing, 1 not logged, 0 twice"));
}

TEST(ReadBackTest, CanBeSwitchedOff) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const config::Origin origin{"run.toml", 1, 1};
  config::Table table;
  table.set("name", config::Value(std::string("mlflow"), origin));
  table.set("uri", config::Value(server->url(), origin));
  table.set("read_back", config::Value(false, origin));
  const auto run = make_tracker(config::Section(table, "track", origin))->start(start_of("unread", "run"));
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().complete());
  EXPECT_FALSE(run->delivery().verified);
}

}  // namespace
}  // namespace assay::track
