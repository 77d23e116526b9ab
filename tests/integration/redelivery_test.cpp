// Data that a server rejected, lost or never received reach it later, or reach another server that is named.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <optional>
#include <thread>

#include "core/file.h"
#include "integration/fault_server.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"
#include "tool/run_assay.h"
#include "track/delivery/deliverer.h"
#include "track/journal/database.h"

namespace assay::track {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

const std::map<std::string, double> kImpatient = {
    {"connect_timeout_s", 0.5}, {"request_timeout_s", 5.0}, {"retry_deadline_s", 1.0}, {"flush_timeout_s", 8.0}};

report::ProcessResult sync(const fs::path& place, const std::string& url = "") {
  std::vector<std::string> arguments = {"sync", place.string(), "--patience", "3"};
  if (!url.empty()) arguments.insert(arguments.end(), {"--tracking-uri", url});
  return run_assay(arguments);
}

/// The server at one address: it may change, or answer as badly as a test requires.
class Switch {
 public:
  using Answer = std::function<std::optional<std::string>(const std::string& request)>;

  explicit Switch(int port) : port_(port), server_([this](const std::string& request) { return answer(request); }) {}

  void point_to(int port) { port_ = port; }
  void answer_by(Answer answer) {
    const std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  std::string url() const { return server_.url(); }

 private:
  std::string answer(const std::string& request) {
    Answer own;
    {
      const std::lock_guard lock(mutex_);
      own = answer_;
    }
    if (own) {
      if (const auto text = own(request)) return *text;
    }
    return forward(port_, request);
  }

  std::atomic<int> port_;
  std::mutex mutex_;
  Answer answer_;
  FaultServer server_;
};

Switch::Answer always(int status, const std::string& body) {
  return [=](const std::string&) { return http_response(status, body, "application/json"); };
}

Switch::Answer refuse_file(const std::string& name) {
  return [=](const std::string& request) -> std::optional<std::string> {
    if (!request.starts_with("PUT ") || request.find(name) > request.find('\r')) return std::nullopt;
    return http_response(413, "too large", "text/plain");
  };
}

void log_points(Run& run, int begin, int end) {
  for (int i = begin; i < end; ++i) run.log_metric("loss", i, i);
}

void await_delivery(const Run& run, int num_open_runs = 1) {
  for (int i = 0; i < 100 && run.delivery().undelivered > num_open_runs; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  ASSERT_EQ(run.delivery().undelivered, num_open_runs);
}

/// Checks that a server has a run with the points up to `num_points`, complete and once.
RunInfo expect_whole(const std::string& url, const std::string& experiment, std::size_t num_points) {
  auto api = api_for(url);
  const auto found = api.find_experiment(experiment);
  const auto runs = found && found->has_value() ? *api.search_runs((*found)->id) : std::vector<RunInfo>();
  EXPECT_EQ(runs.size(), 1U);
  if (runs.empty()) return {};
  EXPECT_EQ(api.metric_history(runs[0].id, "loss")->size(), num_points);
  EXPECT_EQ(runs[0].status, "FINISHED");
  EXPECT_EQ(runs[0].tag("assay.delivery"), "verified");
  return runs[0];
}

void forget_run(const MlflowServer& server, const std::string& run_id, bool and_experiments = false) {
  Database database(server.database());
  for (const auto* table : {"metrics", "latest_metrics", "params", "tags", "runs"})
    database.execute(fmt::format("DELETE FROM {} WHERE run_uuid = '{}'", table, run_id));
  if (and_experiments) database.execute("DELETE FROM experiments WHERE experiment_id > 0");
}

TEST(RedeliveryTest, AMovedFolderDeliversItsFiles) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const TemporaryFolder folder;
  const auto record = folder.path() / "runs" / "one";
  {
    const auto run = tracker_of("journal")->start({"moved", "run", {}, record});
    log_points(*run, 0, 3);
    run->log_artifact(folder.write("runs/one/model.pt", "weights"), "model.pt");
    folder.write("runs/one/model/MLmodel", "flavors: {}\n");
    run->log_model({.name = "float", .folder = record / "model"});
    run->finish(RunStatus::kFinished);
  }
  fs::rename(folder.path() / "runs", folder.path() / "other");
  const auto result = sync(folder.path() / "other", server->url());
  EXPECT_EQ(result.code, 0) << result.output;
  const auto run = expect_whole(server->url(), "moved", 3);
  EXPECT_EQ(*api_for(server->url()).download_artifact(run.artifact_uri, "model.pt"), "weights");
}

TEST(RedeliveryTest, AFileThatIsNotThereIsMissedUntilItIs) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto start = start_of("absent file", "run");
  const auto file = start.record_folder / "late.pt";
  {
    const auto run = tracker_of("journal")->start(start);
    run->log_artifact(file, "late.pt");
    run->finish(RunStatus::kFinished);
  }
  for (int i = 0; i < 2; ++i) EXPECT_EQ(sync(start.record_folder, server->url()).code, 4);
  std::ofstream(file) << "weights";
  const auto result = sync(start.record_folder, server->url());
  EXPECT_EQ(result.code, 0) << result.output;
  expect_whole(server->url(), "absent file", 0);
}

TEST(RedeliveryTest, WhatWasRefusedIsSentOnceTheServerTakesIt) {
  ASSAY_MLFLOW_OR_SKIP(server);
  Switch proxy(server->port());
  proxy.answer_by(refuse_file("large.bin"));
  const TemporaryFolder folder;
  const auto start = start_of("limit", "run");
  auto run = tracker_for(proxy.url())->start(start);
  log_points(*run, 0, 5);
  run->log_artifact(folder.write("large.bin", "many bytes"), "large.bin");
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 1);
  EXPECT_FALSE(run->delivery().verified);
  EXPECT_THAT(run->delivery().first_error, HasSubstr("HTTP 413"));
  const auto id = run->delivery().run_id;
  auto api = api_for(server->url());
  EXPECT_THAT(api.get_run(id)->tag("assay.delivery"), HasSubstr("1 entries refused"));
  for (int i = 0; i < 2; ++i) {
    run.reset();
    const auto result = sync(start.record_folder);
    EXPECT_EQ(result.code, 4);
    EXPECT_THAT(result.output, HasSubstr("1 left"));
  }
  proxy.answer_by(nullptr);
  const auto result = sync(start.record_folder);
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_EQ(expect_whole(server->url(), "limit", 5).id, id);
  EXPECT_THAT(sync(start.record_folder).output, HasSubstr("0 entries delivered, 0 journals incomplete"));
}

TEST(RedeliveryTest, ABadEntityHoldsBackNoOther) {
  ASSAY_MLFLOW_OR_SKIP(server);
  Switch proxy(server->port());
  proxy.answer_by([](const std::string& request) -> std::optional<std::string> {
    if (request.find("\"key\":\"bad\"") == std::string::npos) return std::nullopt;
    return http_response(400, R"({"error_code": "INVALID_PARAMETER_VALUE", "message": "bad"})", "application/json");
  });
  auto run = tracker_for(proxy.url())->start(start_of("bad entity", "run"));
  log_points(*run, 0, 700);
  run->set_tag("bad", "x");
  log_points(*run, 700, 1500);
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 1);
  EXPECT_EQ(api_for(server->url()).metric_history(run->delivery().run_id, "loss")->size(), 1500U);
}

TEST(RedeliveryTest, ADeletedRunIsToldAndGoesOnOnceItIsRestored) {
  ASSAY_MLFLOW_OR_SKIP(server);
  CapturedLog log;
  const auto start = start_of("deleted", "run");
  auto run = tracker_for(server->url(), kImpatient)->start(start);
  log_points(*run, 0, 50);
  await_delivery(*run);
  const auto id = run->delivery().run_id;
  auto api = api_for(server->url());
  ASSERT_TRUE(api.delete_run(id));
  log_points(*run, 50, 100);
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 50 + 1);
  EXPECT_THAT(log.text(), HasSubstr(fmt::format("run {} lies deleted", id)));
  run.reset();
  const auto result = sync(start.record_folder);
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.output, HasSubstr("mlflow runs restore --run-id " + id));
  ASSERT_TRUE(api.post("runs/restore", {{"run_id", id}}));
  EXPECT_EQ(sync(start.record_folder).code, 0);
  EXPECT_EQ(expect_whole(server->url(), "deleted", 100).id, id);
}

TEST(RedeliveryTest, ARunThatIsGoneIsMadeAgain) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const TemporaryFolder folder;
  auto run = tracker_for(server->url())->start(start_of("gone", "run"));
  const auto child = run->start_child({"", "child", {}, {}});
  log_points(*run, 0, 50);
  run->log_artifact(folder.write("file", "content"), "file.txt");
  await_delivery(*run, 2);
  const auto id = run->delivery().run_id;
  forget_run(*server, id);
  log_points(*run, 50, 100);
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().complete()) << run->delivery().first_error;
  EXPECT_TRUE(run->delivery().verified);
  const auto again = run->delivery().run_id;
  EXPECT_NE(again, id);
  auto api = api_for(server->url());
  const auto info = api.get_run(again);
  EXPECT_EQ(*api.download_artifact(info->artifact_uri, "file.txt"), "content");
  const auto children = api.search_runs(info->experiment_id, "tags.`mlflow.parentRunId` = '" + again + "'");
  EXPECT_EQ(children->size(), 1U);
}

TEST(RedeliveryTest, AnEmptyServerInThePlaceOfTheRightOneTakesNothing) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto empty = MlflowServer::another();
  Switch proxy(server->port());
  CapturedLog log;
  const TemporaryFolder folder;
  const auto start = start_of("replaced", "run");
  auto run = tracker_for(proxy.url(), kImpatient)->start(start);
  log_points(*run, 0, 75);
  await_delivery(*run);
  proxy.point_to(empty->port());
  log_points(*run, 75, 200);
  run->log_artifact(folder.write("file", "content"), "file.txt");
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 125 + 1 + 1);
  EXPECT_THAT(log.text(), HasSubstr("knows neither run `run` nor its experiment"));
  run.reset();
  const auto vain = sync(start.record_folder);
  EXPECT_EQ(vain.code, 4);
  EXPECT_THAT(vain.output, HasSubstr("knows neither run `run` nor its experiment"));
  proxy.point_to(server->port());
  EXPECT_EQ(sync(start.record_folder).code, 0);
  const auto info = expect_whole(server->url(), "replaced", 200);
  EXPECT_EQ(*api_for(server->url()).download_artifact(info.artifact_uri, "file.txt"), "content");
}

TEST(RedeliveryTest, ARunWhoseServerIsLostGoesWholeToTheOneThatIsNamed) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto other = MlflowServer::another();
  Switch proxy(other->port());
  const TemporaryFolder folder;
  const auto start = start_of("lost", "run");
  auto run = tracker_for(proxy.url(), kImpatient)->start(start);
  log_points(*run, 0, 300);
  run->log_artifact(folder.write("file", "content"), "file.txt");
  await_delivery(*run);
  forget_run(*other, run->delivery().run_id, /*and_experiments=*/true);
  log_points(*run, 300, 600);
  run->finish(RunStatus::kFinished);
  EXPECT_FALSE(run->delivery().complete());
  run.reset();
  EXPECT_EQ(sync(start.record_folder).code, 4);
  const auto result = sync(start.record_folder, server->url());
  EXPECT_EQ(result.code, 0) << result.output;
  const auto info = expect_whole(server->url(), "lost", 600);
  EXPECT_EQ(*api_for(server->url()).download_artifact(info.artifact_uri, "file.txt"), "content");
}

class StrangeAnswersTest : public testing::TestWithParam<std::pair<int, std::string>> {};

TEST_P(StrangeAnswersTest, ForThreeSecondsLoseNothing) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto& [status, body] = GetParam();
  const auto experiment = fmt::format("strange {} {}", status, body.size());
  Switch proxy(server->port());
  const auto start = start_of(experiment, "run");
  auto options = kImpatient;
  options["flush_timeout_s"] = 20.0;
  auto run = tracker_for(proxy.url(), options)->start(start);
  log_points(*run, 0, 75);
  await_delivery(*run);
  proxy.answer_by(always(status, body));
  log_points(*run, 75, 200);
  std::this_thread::sleep_for(std::chrono::seconds(3));
  proxy.answer_by(nullptr);
  run->finish(RunStatus::kFinished);
  if (!run->delivery().complete()) {
    EXPECT_FALSE(run->delivery().verified);
    run.reset();
    const auto result = sync(start.record_folder);
    EXPECT_EQ(result.code, 0) << result.output;
  }
  expect_whole(server->url(), experiment, 200);
}

std::string error_body(const std::string& code) { return R"({"error_code": ")" + code + R"(", "message": "no"})"; }

INSTANTIATE_TEST_SUITE_P(All, StrangeAnswersTest,
                         testing::Values(std::pair{404, error_body("RESOURCE_DOES_NOT_EXIST")},
                                         std::pair{404, std::string("{}")}, std::pair{409, error_body("CONFLICT")},
                                         std::pair{413, std::string("too large")},
                                         std::pair{501, error_body("NOT_IMPLEMENTED")},
                                         std::pair{400, error_body("BAD_REQUEST")}, std::pair{200, std::string("{}")}),
                         [](const auto& one) { return fmt::format("Http{}_{}", one.param.first, one.index); });

TEST(RedeliveryTest, AStatusThatWasNotSetIsSetLater) {
  ASSAY_MLFLOW_OR_SKIP(server);
  Switch proxy(server->port());
  proxy.answer_by([](const std::string& request) -> std::optional<std::string> {
    if (request.find("runs/update") > request.find('\r')) return std::nullopt;
    return http_response(200, "{}", "application/json");
  });
  const auto start = start_of("no status", "run");
  auto run = tracker_for(proxy.url(), kImpatient)->start(start);
  log_points(*run, 0, 3);
  run->finish(RunStatus::kFinished);
  EXPECT_FALSE(run->delivery().complete());
  EXPECT_FALSE(run->delivery().verified);
  proxy.answer_by(nullptr);
  run.reset();
  EXPECT_EQ(sync(start.record_folder).code, 0);
  expect_whole(server->url(), "no status", 3);
}

TEST(RedeliveryTest, AModelThatWasRefusedIsSentLater) {
  ASSAY_MLFLOW_OR_SKIP(server);
  Switch proxy(server->port());
  proxy.answer_by([](const std::string& request) -> std::optional<std::string> {
    if (!request.starts_with("PUT ") || request.find("MLmodel") > request.find('\r')) return std::nullopt;
    return http_response(507, "disk full", "text/plain");
  });
  const auto start = start_of("full disk", "run");
  auto run = tracker_for(proxy.url(), {{"flush_timeout_s", 60.0}})->start(start);
  write_file_atomically(start.record_folder / "model/MLmodel", "flavors: {}\n");
  run->log_model({.name = "float", .folder = start.record_folder / "model"});
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 1);
  EXPECT_FALSE(run->delivery().verified);
  const auto id = run->delivery().run_id;
  EXPECT_THAT(api_for(server->url()).get_run(id)->tag("assay.delivery"), HasSubstr("disk full"));
  run.reset();
  proxy.answer_by(nullptr);
  const auto result = sync(start.record_folder);
  EXPECT_EQ(result.code, 0) << result.output;
  const auto info = expect_whole(server->url(), "full disk", 0);
  const auto models = *api_for(server->url()).post("logged-models/search", {{"experiment_ids", {info.experiment_id}}});
  ASSERT_EQ(models.at("models").size(), 1U);
  EXPECT_EQ(models.at("models")[0].at("info").at("status"), "LOGGED_MODEL_READY");
}

TEST(RedeliveryTest, NoFileGoesToAnAddressThatOnlyAJournalNames) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const FaultServer elsewhere([](const std::string&) { return http_response(200, ""); });
  auto api = api_for(server->url());
  const auto experiment_id = *api.get_or_create_experiment("elsewhere");
  const auto made = *api.create_run(experiment_id, {"run", 1, "uuid of elsewhere", {}});
  const TemporaryFolder folder;
  folder.write("file", "content");
  fs::create_directories(folder.path() / "journals");
  JournalStore store(folder.path() / "journals" / "a.journal");
  RecordedRun run;
  run.uuid = "uuid of elsewhere";
  run.experiment = "elsewhere";
  run.id = store.begin_run(run);
  run.server = server->url();
  run.experiment_id = experiment_id;
  run.run_id = made.id;
  run.artifact_uri = elsewhere.url() + "/stolen";
  store.mark_made(run);
  store.append({{.kind = EntryKind::kFile, .run = run.id, .time_ms = 1, .key = "file.txt", .text = "file"},
                {.kind = EntryKind::kEnd, .run = run.id, .time_ms = 1, .key = "FINISHED"}},
               1);
  Deliverer deliverer(api);
  for (auto step = deliverer.step(store); !step.is_idle; step = deliverer.step(store)) ASSERT_FALSE(step.failure);
  EXPECT_EQ(store.num_waiting(), 0);
  EXPECT_TRUE(elsewhere.requests().empty());
  EXPECT_EQ(*api.download_artifact(made.artifact_uri, "file.txt"), "content");
}

}  // namespace
}  // namespace assay::track
