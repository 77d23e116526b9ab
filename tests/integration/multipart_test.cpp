// Multipart uploads of large files to an object store behind a real MLflow server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>

#include "integration/object_store.h"
#include "integration/tracking.h"
#include "track/clean_environment.h"

namespace assay::track {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::size_t kPart = 5U << 20;

std::string random_bytes(std::size_t count) {
  std::mt19937 random(7);
  std::string bytes(count, '\0');
  std::generate(bytes.begin(), bytes.end(), [&] { return static_cast<char>(random()); });
  return bytes;
}

class MultipartTest : public testing::Test {
 protected:
  MultipartTest() {
    ::setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", std::to_string(kPart).c_str(), 1);
    ::setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", std::to_string(kPart).c_str(), 1);
    ::setenv("MLFLOW_TRACKING_USERNAME", "somebody", 1);
    ::setenv("MLFLOW_TRACKING_PASSWORD", "for the tracking server only", 1);
  }

  /// Delivers a run with a file of three parts, and expects it on the server.
  void expect_to_arrive(const std::string& url, const std::string& name) {
    const auto run = tracker_for(url, {{"flush_timeout_s", 90.0}})->start(start_of("parts", name));
    run->log_artifact(folder_.write("local name.bin", bytes_), "models/größe 1.bin");
    run->log_artifact(folder_.write("small", "small"), "small.txt");
    run->finish(RunStatus::kFinished);
    EXPECT_TRUE(run->delivery().verified) << run->delivery().difference << run->delivery().first_error;
    auto api = api_for(url);
    const auto info = api.get_run(run->delivery().run_id);
    const auto stored = api.download_artifact(info->artifact_uri, "models/größe 1.bin");
    ASSERT_TRUE(stored) << stored.failure().message;
    EXPECT_TRUE(*stored == bytes_);
    EXPECT_EQ(*api.download_artifact(info->artifact_uri, "small.txt"), "small");
  }

  CleanEnvironment clean_;
  TemporaryFolder folder_;
  const std::string bytes_ = random_bytes(2 * kPart + 12'345);
};

TEST_F(MultipartTest, BringsALargeFileInPartsWithoutTheServersLogin) {
  ASSAY_OBJECT_STORE_OR_SKIP(store);
  store->set_fault({});
  expect_to_arrive(store->url(), "parts");
  const auto parts = store->requests({"PUT ", "partNumber="});
  EXPECT_EQ(parts.size(), 3U);
  for (const auto& request : parts) {
    const auto head = request.substr(0, request.find("\r\n\r\n"));
    EXPECT_THAT(head, HasSubstr("User-Agent: assay/"));
    EXPECT_THAT(head, Not(HasSubstr("Authorization")));
    EXPECT_THAT(head, Not(HasSubstr("Content-Type")));
  }
  EXPECT_EQ(store->requests({"PUT ", "small.txt"}).size(), 1U);
}

TEST_F(MultipartTest, SendsOnlyTheRefusedPartsAgain) {
  ASSAY_OBJECT_STORE_OR_SKIP(store);
  std::atomic<bool> is_first_refused = false;
  std::atomic<bool> is_second_cut = false;
  store->set_fault([&](const std::string& request) -> std::optional<std::string> {
    const auto line = request.substr(0, request.find("\r\n"));
    if (line.find("partNumber=1&") != std::string::npos && !is_first_refused.exchange(true))
      return http_response(503, "busy");
    if (line.find("partNumber=2&") != std::string::npos && !is_second_cut.exchange(true)) return "";
    return std::nullopt;
  });
  expect_to_arrive(store->url(), "refused once");
  EXPECT_EQ(store->requests({"PUT ", "partNumber=1&"}).size(), 2U);
  EXPECT_EQ(store->requests({"PUT ", "partNumber=2&"}).size(), 2U);
  EXPECT_EQ(store->requests({"PUT ", "partNumber=3&"}).size(), 1U);
  EXPECT_EQ(store->requests({"POST ", "uploads"}).size(), 1U);
  store->set_fault({});
}

TEST_F(MultipartTest, GoesThroughTheServerWhereTheStoreTakesNothingFromHere) {
  ASSAY_OBJECT_STORE_OR_SKIP(store);
  store->set_fault([&](const std::string& request) -> std::optional<std::string> {
    const bool is_ours = request.find("User-Agent: assay/") < request.find("\r\n\r\n");
    if (is_ours) return http_response(403, "<Error><Code>AccessDenied</Code></Error>", "application/xml");
    return std::nullopt;
  });
  const CapturedLog log;
  expect_to_arrive(store->url(), "refused");
  EXPECT_EQ(log.count("cannot go up in parts"), 1) << log.text();
  EXPECT_THAT(log.text(), Not(HasSubstr("Signature")));
  EXPECT_EQ(store->requests({"DELETE ", "uploadId="}).size(), 1U);
  store->set_fault({});
}

TEST_F(MultipartTest, BringsTheFilesOfModelsInParts) {
  ASSAY_OBJECT_STORE_OR_SKIP(store);
  store->set_fault({});
  folder_.write("model/MLmodel", "flavors:\n  pytorch:\n    model_data: data\n");
  folder_.write("model/data/model.pth", bytes_);
  const auto run = tracker_for(store->url(), {{"flush_timeout_s", 90.0}})->start(start_of("parts", "model"));
  run->log_model({.name = "float", .folder = folder_.path() / "model"});
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().verified) << run->delivery().difference << run->delivery().first_error;
  EXPECT_EQ(store->requests({"PUT ", "model.pth", "partNumber="}).size(), 3U);
}

TEST_F(MultipartTest, AsksAServerThatTakesNoPartsOnce) {
  ASSAY_MLFLOW_OR_SKIP(server);
  ::setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true", 1);
  const FaultServer proxy([&](const std::string& request) { return forward(server->port(), request); });
  const auto run = tracker_for(proxy.url(), {{"flush_timeout_s", 90.0}})->start(start_of("no parts", "run"));
  for (const char* name : {"a", "b"}) run->log_artifact(folder_.write(name, bytes_), name);
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().verified) << run->delivery().difference << run->delivery().first_error;
  int num_asked = 0;
  for (const auto& request : proxy.requests()) num_asked += request.starts_with("POST /api/2.0/mlflow-artifacts/mpu");
  EXPECT_EQ(num_asked, 1);
}

TEST_F(MultipartTest, TriesAStoreThatCannotBeReachedOnce) {
  ASSAY_MLFLOW_OR_SKIP(server);
  Json credentials = Json::array();
  for (int number = 1; number <= 3; ++number) {
    const auto url = fmt::format("http://127.0.0.1:{}/part?Signature=secret", free_port());
    credentials.push_back({{"part_number", number}, {"url", url}});
  }
  const auto upload = Json{{"upload_id", "u"}, {"credentials", credentials}}.dump();
  const FaultServer proxy([&](const std::string& request) {
    const auto asks = [&](std::string_view call) { return request.find(call) < request.find("\r\n"); };
    if (asks("/server-info")) return http_response(200, R"({"multipart_uploads_enabled": true})", "application/json");
    if (asks("/mpu/create/")) return http_response(200, upload, "application/json");
    return asks("/mpu/") ? http_response(200, "{}", "application/json") : forward(server->port(), request);
  });
  const CapturedLog log;
  const auto run = tracker_for(proxy.url(), {{"flush_timeout_s", 90.0}})->start(start_of("no store", "run"));
  for (const char* name : {"a", "b"}) run->log_artifact(folder_.write(name, bytes_), name);
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().verified) << run->delivery().difference << run->delivery().first_error;
  EXPECT_EQ(log.count("cannot go up in parts: http://127.0.0.1:"), 1) << log.text();
  EXPECT_THAT(log.text(), Not(HasSubstr("secret")));
  int num_aborted = 0;
  for (const auto& request : proxy.requests()) num_aborted += request.find("/mpu/abort/") < request.find("\r\n");
  EXPECT_EQ(num_aborted, 1);
}

TEST_F(MultipartTest, LeavesPartsAloneWhereTheEnvironmentSaysSo) {
  ASSAY_OBJECT_STORE_OR_SKIP(store);
  ::setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "false", 1);
  store->set_fault({});
  expect_to_arrive(store->url(), "whole");
  for (const auto& request : store->requests({"partNumber="}))
    EXPECT_THAT(request.substr(0, request.find("\r\n\r\n")), Not(HasSubstr("assay/")));
}

}  // namespace
}  // namespace assay::track
