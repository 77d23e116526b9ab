// Requests that are executed late or twice: only one of the created objects remains.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "integration/fault_server.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"
#include "track/journal/database.h"
#include "track/mlflow/mlflow_json.h"

namespace assay::track {
namespace {

const std::map<std::string, double> kPatient = {
    {"connect_timeout_s", 5.0}, {"request_timeout_s", 2.0}, {"retry_deadline_s", 60.0}, {"flush_timeout_s", 90.0}};

std::vector<RunInfo> runs_of(const std::string& url, const std::string& experiment) {
  auto api = api_for(url);
  return *api.search_runs((*api.find_experiment(experiment))->id);
}

/// Locks the server's database for a given time, like a long transaction of another writer.
std::thread hold(const std::filesystem::path& path, std::chrono::seconds duration) {
  auto database = std::make_shared<Database>(path);
  database->execute("BEGIN IMMEDIATE");
  return std::thread([=] {
    std::this_thread::sleep_for(duration);
    database->execute("ROLLBACK");
  });
}

TEST(DoublesTest, ALateCreationMakesOneRun) {
  ASSAY_MLFLOW_OR_SKIP(server);
  ASSERT_TRUE(api_for(server->url()).get_or_create_experiment("late"));
  std::atomic<int> num_requests = 0;
  Proxy proxy(server->port(), [&](int, const std::string& request) -> std::optional<std::string> {
    if (request.substr(0, request.find('\r')).find("mlflow/runs/create ") != std::string::npos) ++num_requests;
    return std::nullopt;
  });
  auto writer = hold(server->database(), std::chrono::seconds(10));
  const auto run = tracker_for(proxy.url(), kPatient)->start(start_of("late", "run"));
  writer.join();
  run->log_metric("loss", 1.0, 1);
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().verified) << run->delivery().first_error;
  EXPECT_EQ(num_requests, 1) << "while the first may still be carried out, the run is only looked for";
  std::this_thread::sleep_for(std::chrono::seconds(1));
  const auto runs = runs_of(server->url(), "late");
  ASSERT_EQ(runs.size(), 1U);
  EXPECT_EQ(runs[0].status, "FINISHED");
}

TEST(DoublesTest, WhatWasMadeTwiceIsThereOnce) {
  ASSAY_MLFLOW_OR_SKIP(server);
  std::atomic<int> num_doubled = 0;
  Proxy proxy(server->port(), [&](int, const std::string& request) -> std::optional<std::string> {
    const auto line = request.substr(0, request.find('\r'));
    for (const auto* path : {"mlflow/runs/create ", "mlflow/logged-models ", "model-versions/create "}) {
      if (line.find(path) == std::string::npos) continue;
      forward(server->port(), request);
      ++num_doubled;
    }
    return std::nullopt;
  });
  const TemporaryFolder folder;
  folder.write("model/MLmodel", "flavors: {}\n");
  const auto run = tracker_for(proxy.url(), kPatient)->start(start_of("twice", "run"));
  run->log_metric("loss", 1.0, 1);
  run->log_model({.name = "float", .folder = folder.path() / "model", .registered_name = "twice", .aliases = {"best"}});
  run->start_child({"", "child", {}, {}})->finish(RunStatus::kFinished);
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().verified) << run->delivery().first_error << run->delivery().difference;
  EXPECT_EQ(num_doubled, 4);
  const auto runs = runs_of(server->url(), "twice");
  EXPECT_EQ(runs.size(), 2U);
  for (const auto& one : runs) EXPECT_EQ(one.status, "FINISHED");
  auto api = api_for(server->url());
  const auto models = api.post("logged-models/search", {{"experiment_ids", {runs.at(0).experiment_id}}});
  EXPECT_EQ(read_member(*models, "models").size(), 1U);
  const auto versions = api.get("model-versions/search?filter=" + percent_encode("name='twice'", false));
  ASSERT_EQ(read_member(*versions, "model_versions").size(), 1U);
  const auto best = api.get("registered-models/alias?name=twice&alias=best");
  EXPECT_EQ(read_member(*best, "model_version").at("version"),
            read_member(*versions, "model_versions")[0].at("version"));
}

}  // namespace
}  // namespace assay::track
