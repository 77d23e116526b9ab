// Uploads of files to a real MLflow server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <set>

#include "core/file.h"
#include "expect_error.h"
#include "integration/fault_server.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"
#include "tool/run_assay.h"

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
  run->log_artifact(secret, "given.txt");  // outside the folder, but named explicitly
  std::filesystem::create_symlink(start.record_folder / "journals", start.record_folder / "within");
  run->log_artifact(start.record_folder / "within" / "x", "x");
}

TEST(UploadsTest, WhatWasPutThereLaterIsNotSent) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto start = start_of("put there", "run");
  const TemporaryFolder elsewhere;
  elsewhere.write("secret", "not of this run");
  elsewhere.write("folder/deep.pt", "not of this run");
  {
    const auto run = tracker_of("journal")->start(start);
    for (const auto* name : {"model.pth", "pipe.pt", "folder/deep.pt"}) {
      write_file_atomically(start.record_folder / name, "weights");
      run->log_artifact(start.record_folder / name, name);
    }
    run->finish(RunStatus::kFinished);
  }
  std::filesystem::remove_all(start.record_folder / "folder");
  for (const auto* name : {"model.pth", "pipe.pt"}) std::filesystem::remove(start.record_folder / name);
  std::filesystem::create_symlink(elsewhere.path() / "secret", start.record_folder / "model.pth");
  std::filesystem::create_symlink(elsewhere.path() / "folder", start.record_folder / "folder");
  ASSERT_EQ(::mkfifo((start.record_folder / "pipe.pt").c_str(), 0600), 0);
  const auto result = run_assay({"sync", start.record_folder.string(), "--tracking-uri", server->url()});
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.output, testing::HasSubstr("3 left"));
  auto api = api_for(server->url());
  const auto runs = api.search_runs((*api.find_experiment("put there"))->id);
  ASSERT_EQ(runs->size(), 1U);
  EXPECT_FALSE(api.download_artifact(runs->front().artifact_uri, "model.pth"));
  EXPECT_FALSE(api.download_artifact(runs->front().artifact_uri, "folder/deep.pt"));
}

TEST(UploadsTest, AFolderThatCannotBeReadCostsItsModelOnly) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto start = start_of("loop", "run");
  const auto run = tracker_for(server->url())->start(start);
  std::filesystem::create_symlink("loop", start.record_folder / "loop");
  run->log_model({.name = "float", .folder = start.record_folder / "loop"});
  run->log_metric("loss", 1.0, 1);
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 1);
  EXPECT_EQ(api_for(server->url()).get_run(run->delivery().run_id)->status, "FINISHED");
}

}  // namespace
}  // namespace assay::track
