// Models of runs on a real server: each arrives exactly once and complete, whatever faults occur.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <set>

#include "integration/fault_server.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"
#include "track/delivery/model_delivery.h"
#include "track/mlflow/mlflow_json.h"

namespace assay::track {
namespace {

using testing::HasSubstr;

const std::map<std::string, double> kPatient = {
    {"connect_timeout_s", 20.0}, {"request_timeout_s", 60.0}, {"retry_deadline_s", 60.0}, {"flush_timeout_s", 180.0}};

/// Describes a model with a folder of three files; the server does not parse them.
LoggedModel model_in(const TemporaryFolder& folder, const std::string& registered_name) {
  folder.write("model/MLmodel", "flavors:\n  pytorch:\n    model_data: data\nmodel_id: null\n");
  folder.write("model/data/model.pth", std::string("\0weights", 8));
  folder.write("model/requirements.txt", "torch\n");
  LoggedModel model{.name = "float", .folder = folder.path() / "model", .type = "classifier", .step = 3};
  for (int i = 0; i < 230; ++i) model.params.emplace_back("p" + std::to_string(i), std::to_string(i));
  model.tags = {{"engine", "fbgemm"}};
  model.registered_name = registered_name;
  model.aliases = {"best", "smallest"};
  return model;
}

/// Returns the models of a run as listed by the server.
Json models_of(MlflowApi& api, const std::string& run_id) {
  const auto experiment_id = api.get_run(run_id)->experiment_id;
  const auto answer = api.post("logged-models/search", {{"experiment_ids", {experiment_id}},
                                                        {"filter", fmt::format("source_run_id = '{}'", run_id)}});
  return answer ? read_member(*answer, "models") : Json(answer.failure().message);
}

Json versions_of(MlflowApi& api, const std::string& name) {
  const auto answer = api.get("model-versions/search?filter=" + percent_encode("name='" + name + "'", false));
  return answer ? read_member(*answer, "model_versions") : Json(answer.failure().message);
}

/// Logs a model through `url` and checks that the real server has all of it, once.
void expect_model_once(const std::string& url, const std::string& real_url, const std::string& name) {
  const TemporaryFolder folder;
  const auto run = tracker_for(url, kPatient)->start(start_of(name, "run"));
  run->log_model(model_in(folder, name));
  run->finish(RunStatus::kFinished);
  const auto delivery = run->delivery();
  ASSERT_TRUE(delivery.complete()) << delivery.first_error;
  auto api = api_for(real_url);

  const auto models = models_of(api, delivery.run_id);
  ASSERT_EQ(models.size(), 1U) << models;
  const auto& info = models[0].at("info");
  EXPECT_EQ(info.at("name"), "float");
  EXPECT_EQ(info.at("model_type"), "classifier");
  EXPECT_EQ(info.at("status"), "LOGGED_MODEL_READY");
  EXPECT_EQ(as_map(read_pairs(info, "tags"))["engine"], "fbgemm");
  const auto params = as_map(read_pairs(models[0].at("data"), "params"));
  EXPECT_EQ(params.size(), 230U);
  EXPECT_EQ(params.at("p229"), "229");

  const std::string id = info.at("model_id");
  const std::string uri = info.at("artifact_uri");
  EXPECT_EQ(*api.download_artifact(uri, "data/model.pth"), std::string("\0weights", 8));
  EXPECT_EQ(*api.download_artifact(uri, "requirements.txt"), "torch\n");
  EXPECT_EQ(*api.download_artifact(uri, "MLmodel"),
            fmt::format("flavors:\n  pytorch:\n    model_data: data\n"
                        "artifact_path: '{}'\nmodel_id: '{}'\nmodel_uuid: '{}'\nrun_id: '{}'\n",
                        uri, id, id, delivery.run_id));
  const auto outputs = (*api.get("runs/get?run_id=" + delivery.run_id)).at("run").at("outputs").at("model_outputs");
  EXPECT_EQ(outputs, Json::array({{{"model_id", id}, {"step", 3}}}));

  const auto versions = versions_of(api, name);
  ASSERT_EQ(versions.size(), 1U) << versions;
  EXPECT_EQ(versions[0].at("source"), "models:/" + id);
  EXPECT_EQ(versions[0].at("run_id"), delivery.run_id);
  for (const auto* alias : {"best", "smallest"}) {
    const auto found = api.get(fmt::format("registered-models/alias?name={}&alias={}", percent_encode(name), alias));
    ASSERT_TRUE(found) << found.failure().message;
    EXPECT_EQ(read_text(found->at("model_version"), "version"), "1");
  }
}

TEST(LoggedModelTest, ArrivesWithFilesParamsAndVersion) {
  ASSAY_MLFLOW_OR_SKIP(server);
  expect_model_once(server->url(), server->url(), "model arrives");
}

/// Returns for each request whether it is made for the first time.
class FirstTimes {
 public:
  bool operator()(const std::string& request) {
    const std::lock_guard lock(mutex_);
    return seen_.insert(request.substr(0, request.find('\r')) + request.substr(request.find("\r\n\r\n"))).second;
  }

 private:
  std::mutex mutex_;
  std::set<std::string> seen_;
};

TEST(LoggedModelTest, ArrivesOnceWhenEveryReplyIsLostOnce) {
  ASSAY_MLFLOW_OR_SKIP(real);
  FirstTimes is_first;
  Proxy proxy(real->port(), [&](int, const std::string& request) -> std::optional<std::string> {
    if (!is_first(request)) return std::nullopt;
    forward(real->port(), request);
    return "";
  });
  expect_model_once(proxy.url(), real->url(), "model replies lost");
}

TEST(LoggedModelTest, ArrivesWhenAThirdOfTheRequestsFail) {
  ASSAY_MLFLOW_OR_SKIP(real);
  Proxy proxy(real->port(), [](int number, const std::string&) -> std::optional<std::string> {
    if (number % 3 == 1) return http_response(503, "busy", "text/plain");
    return std::nullopt;
  });
  expect_model_once(proxy.url(), real->url(), "model busy");
}

/// Each process loses the reply to the first request that none before it has made, and all later ones; the next process
/// starts with only the journal.
TEST(LoggedModelTest, ArrivesOnceWhenEachProcessDiesAfterItsNextRequest) {
  ASSAY_MLFLOW_OR_SKIP(real);
  const TemporaryFolder folder;
  auto api = api_for(real->url());
  RecordedRun run;
  run.uuid = "uuid of a run that dies";
  run.experiment_id = *api.get_or_create_experiment("model deaths");
  run.run_id = api.create_run(run.experiment_id, {"run", 1, run.uuid, {}})->id;
  const WaitingItem item{7, EntryKind::kModel, "float", to_json(model_in(folder, "model deaths"))};
  FirstTimes is_first;
  bool is_delivered = false;
  int num_processes = 0;
  for (; !is_delivered && num_processes < 40; ++num_processes) {
    std::atomic<bool> is_dead = false;
    Proxy proxy(real->port(), [&](int, const std::string& request) -> std::optional<std::string> {
      if (is_dead) return "";
      is_dead = is_first(request);
      if (!is_dead) return std::nullopt;
      forward(real->port(), request);
      return "";
    });
    MlflowApi dying(find_tracking_server(proxy.url(), "test"), {});
    Uploader uploader(dying, 1);
    ModelDelivery delivery(dying, uploader);
    for (auto step = delivery.advance(run, item); step && !is_delivered; step = delivery.advance(run, item)) {
      is_delivered = *step;
    }
  }
  EXPECT_GT(num_processes, 12);
  EXPECT_TRUE(is_delivered);
  EXPECT_EQ(models_of(api, run.run_id).size(), 1U);
  EXPECT_EQ(versions_of(api, "model deaths").size(), 1U);
}

TEST(LoggedModelTest, RegistersUnderTheNamesOfTheConfiguration) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const config::Origin origin{"run.toml", 1, 1};
  config::Table table;
  table.set("name", config::Value("mlflow", origin));
  table.set("uri", config::Value(server->url(), origin));
  table.set("register_as", config::Value("configured", origin));
  table.set("aliases", config::Value(config::Array{config::Value("newest", origin)}, origin));
  const auto run = make_tracker(config::Section(table, "track", origin))->start(start_of("configured", "run"));
  const TemporaryFolder folder;
  auto model = model_in(folder, "");
  model.aliases.clear();
  run->start_child({"", "child", {}, {}})->log_model(model);
  run->finish(RunStatus::kFinished);
  EXPECT_TRUE(run->delivery().complete()) << run->delivery().first_error;
  auto api = api_for(server->url());
  EXPECT_EQ(versions_of(api, "configured-float").size(), 1U);
  EXPECT_TRUE(api.get("registered-models/alias?name=configured-float&alias=newest"));
}

TEST(LoggedModelTest, TwoModelsOfARunBecomeTwoVersions) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const TemporaryFolder folder;
  const auto run = tracker_for(server->url(), kPatient)->start(start_of("two models", "run"));
  const auto model = model_in(folder, "two models");
  run->log_model(model);
  run->log_model(model);
  run->finish(RunStatus::kFinished);
  ASSERT_TRUE(run->delivery().complete()) << run->delivery().first_error;
  auto api = api_for(server->url());
  EXPECT_EQ(models_of(api, run->delivery().run_id).size(), 2U);
  EXPECT_EQ(versions_of(api, "two models").size(), 2U);
}

TEST(LoggedModelTest, NamesWhatIsMissing) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const TemporaryFolder folder;
  CapturedLog log;
  const auto run = tracker_for(server->url(), kPatient)->start(start_of("no model", "run"));
  run->log_model({.name = "absent", .folder = folder.path() / "absent"});
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 1);
  EXPECT_THAT(run->delivery().first_error, HasSubstr((folder.path() / "absent/MLmodel").string()));
  EXPECT_THAT(log.text(), HasSubstr("model `absent` of run `run` cannot be tracked"));
  auto api = api_for(server->url());
  EXPECT_EQ(models_of(api, run->delivery().run_id).size(), 0U);
}

TEST(LoggedModelTest, AFileThatTheServerCannotStoreEndsTheModelAndNothingElse) {
  ASSAY_MLFLOW_OR_SKIP(real);
  Proxy proxy(real->port(), [](int, const std::string& request) -> std::optional<std::string> {
    if (request.starts_with("PUT") && request.find("model.pth") < 300)
      return http_response(500, "disk full", "text/plain");
    return std::nullopt;
  });
  const TemporaryFolder folder;
  const auto run = tracker_for(proxy.url(), kPatient)->start(start_of("bad model", "run"));
  run->log_model(model_in(folder, "bad model"));
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 1);
  auto api = api_for(real->url());
  EXPECT_EQ(api.get_run(run->delivery().run_id)->status, "FINISHED");
  const auto models = models_of(api, run->delivery().run_id);
  ASSERT_EQ(models.size(), 1U);
  EXPECT_EQ(models[0].at("info").at("status"), "LOGGED_MODEL_UPLOAD_FAILED");
  EXPECT_EQ(versions_of(api, "bad model").size(), 0U);
}

TEST(LoggedModelTest, AServerWithoutLoggedModelsTakesAllElse) {
  ASSAY_MLFLOW_OR_SKIP(real);
  Proxy proxy(real->port(), [](int, const std::string& request) -> std::optional<std::string> {
    if (request.find("logged-models") < 100) return http_response(404, "<html>Not Found</html>");
    return std::nullopt;
  });
  const TemporaryFolder folder;
  CapturedLog log;
  const auto run = tracker_for(proxy.url(), kPatient)->start(start_of("old server", "run"));
  run->log_model(model_in(folder, "old server"));
  run->finish(RunStatus::kFinished);
  EXPECT_EQ(run->delivery().undelivered, 1);
  EXPECT_THAT(log.text(), HasSubstr("logged models need a server of MLflow 3 or newer"));
  EXPECT_EQ(api_for(real->url()).get_run(run->delivery().run_id)->status, "FINISHED");
}

}  // namespace
}  // namespace assay::track
