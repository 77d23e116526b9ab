// Files on their way to a real MLflow server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "expect_error.h"
#include "integration/fault_server.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"

namespace assay::track {
namespace {

int count_puts(const FaultServer& proxy, std::string_view path) {
  int count = 0;
  for (const auto& request : proxy.requests())
    count += request.starts_with("PUT ") && request.find(path) < request.find("\r\n") ? 1 : 0;
  return count;
}

TEST(UploadsTest, BringsManyFilesOverSeveralConnections) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const TemporaryFolder folder;
  const FaultServer proxy([&](const std::string& request) { return forward(server->port(), request); });
  const auto run = tracker_for(proxy.url(), {{"flush_timeout_s", 90.0}})->start(start_of("many files", "run"));
  for (int i = 0; i < 150; ++i) {
    const auto name = fmt::format("{}.txt", i);
    run->log_artifact(folder.write(name, fmt::format("content {}", i)), fmt::format("folder {}/{}", i % 3, name));
  }
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().verified) << run->delivery().difference << run->delivery().first_error;
  EXPECT_GE(proxy.num_connections(), 4);
  auto api = api_for(server->url());
  EXPECT_EQ(api.list_artifacts(run->delivery().run_id, "folder 1")->size(), 50U);
  const auto info = api.get_run(run->delivery().run_id);
  EXPECT_EQ(*api.download_artifact(info->artifact_uri, "folder 1/100.txt"), "content 100");
}

TEST(UploadsTest, SendsTheSameContentOnceAndNewContentAgain) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const TemporaryFolder folder;
  const FaultServer proxy([&](const std::string& request) { return forward(server->port(), request); });
  const auto run = tracker_for(proxy.url())->start(start_of("same file", "run"));
  const auto first = folder.write("first", "one");
  const auto second = folder.write("second", "two");
  for (const auto& file : {first, first, second, second, first}) run->log_artifact(file, "result.txt");
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().verified);
  EXPECT_EQ(count_puts(proxy, "result.txt"), 3);
  auto api = api_for(server->url());
  const auto info = api.get_run(run->delivery().run_id);
  EXPECT_EQ(*api.download_artifact(info->artifact_uri, "result.txt"), "one");
}

TEST(UploadsTest, GoesOnAfterACutWhereItWas) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const TemporaryFolder folder;
  std::atomic<int> num_puts = 0;
  const FaultServer proxy([&](const std::string& request) {
    const bool is_cut = request.starts_with("PUT ") && ++num_puts % 3 == 0;
    return is_cut ? std::string() : forward(server->port(), request);
  });
  const auto run = tracker_for(proxy.url(), {{"flush_timeout_s", 90.0}})->start(start_of("cut", "run"));
  for (int i = 0; i < 10; ++i)
    run->log_artifact(folder.write(std::to_string(i), std::string(200'000, 'x')), fmt::format("{}.bin", i));
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().verified) << run->delivery().difference << run->delivery().first_error;
  EXPECT_EQ(run->delivery().undelivered, 0);
}

TEST(UploadsTest, RefusesALinkOutOfTheRunsFolder) {
  const auto start = start_of("link", "run");
  const TemporaryFolder elsewhere;
  const auto secret = elsewhere.write("secret", "not of this run");
  const auto run = tracker_of("journal")->start(start);
  const auto link = start.record_folder / "model.pt";
  std::filesystem::create_symlink(secret, link);
  EXPECT_ERROR(run->log_artifact(link, "model.pt"), kData, "is a link out of the run's folder");
  run->log_artifact(secret, "given.txt");  // lies elsewhere and says so
  std::filesystem::create_symlink(start.record_folder / "journals", start.record_folder / "within");
  run->log_artifact(start.record_folder / "within" / "x", "x");
}

}  // namespace
}  // namespace assay::track
