// The server has the same data after each row of scenarios.json, whether Assay's client or MLflow's sent it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/error.h"
#include "core/json.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"
#include "report/process.h"

namespace assay::track {
namespace {

using testing::HasSubstr;

/// Returns the text described by the table, or its bytes if given as "hex".
std::string text_of(const Json& content) {
  if (content.is_string()) return content;
  std::string unit = content.value("text", "");
  const std::string hex = content.value("hex", "");
  for (std::size_t i = 0; i < hex.size(); i += 2) unit += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
  std::string all;
  for (int i = content.value("times", 1); i > 0; --i) all += unit;
  return all;
}

double number_of(const Json& value) {
  return value.is_string() ? std::strtod(value.get<std::string>().c_str(), nullptr) : value.get<double>();
}

RunStatus status_of(const Json& row) {
  const std::string word = row.value("status", "FINISHED");
  if (word == "FAILED") return RunStatus::kFailed;
  return word == "KILLED" ? RunStatus::kKilled : RunStatus::kFinished;
}

std::vector<KeyValue> tags_of(const Json& row) {
  std::vector<KeyValue> tags;
  const auto given = row.value("tags", Json::object());
  for (const auto& [key, value] : given.items()) tags.emplace_back(key, value);
  return tags;
}

/// Makes the calls of the table's rows through Assay's interface.
class Performer {
 public:
  /// Returns the run's id and how many calls were rejected, immediately or by the server.
  Json perform(Tracker& tracker, const Json& row) {
    num_refused_ = 0;
    const auto run =
        tracker.start(start_of(row.value("experiment", "scenarios") + " (assay)", row.at("run"), tags_of(row)));
    make_calls(*run, row.at("calls"));
    run->finish(status_of(row));
    const auto delivery = run->delivery();
    return {{"run_id", delivery.run_id}, {"refused", num_refused_ + delivery.undelivered}};
  }

 private:
  void make_calls(Run& run, const Json& calls) {
    for (const Json& call : calls) {
      try {
        make_call(run, call);
      } catch (const Error&) {
        ++num_refused_;
      }
    }
  }

  void make_call(Run& run, const Json& call) {
    const auto kind = call.begin().key();
    const Json& name = call.begin().value();
    if (kind == "param") run.log_params({{text_of(name), text_of(call.at("value"))}});
    if (kind == "metric") run.log_metric(text_of(name), number_of(call.at("value")), call.at("step"));
    if (kind == "tag") run.set_tag(text_of(name), text_of(call.at("value")));
    if (kind == "pause_ms") std::this_thread::sleep_for(std::chrono::milliseconds(name.get<int>()));
    if (kind == "dataset") log_dataset(run, call);
    if (kind == "points") {
      for (int step = 0; step < call.at("count"); ++step) run.log_metric(text_of(name), step / 7.0, step);
    }
    if (kind == "artifact") {
      const auto file = files_.write(std::to_string(num_files_++), text_of(call.at("content")));
      run.log_artifact(file, text_of(name));
    }
    if (kind == "child") {
      const auto child = run.start_child({"", name, tags_of(call), {}});
      make_calls(*child, call.at("calls"));
      child->finish(status_of(call));
    }
  }

  static void log_dataset(Run& run, const Json& call) {
    DatasetInput dataset{text_of(call.at("dataset")), text_of(call.at("digest")), call.at("context"),
                         call.at("source_type")};
    dataset.source = call.value("source", "{}");
    dataset.schema = call.value("schema", "");
    dataset.profile = call.value("profile", "");
    run.log_dataset(dataset);
  }

  TemporaryFolder files_;
  int num_files_ = 0;
  std::int64_t num_refused_ = 0;
};

/// Runs a table through Assay, and again through MLflow's client, and compares the two on the server.
report::ProcessResult compare(const std::string& url, const Json& for_assay, const Json& for_python) {
  const TemporaryFolder folder;
  const CapturedLog expected_warnings;
  const auto tracker = tracker_for(url);
  Performer performer;
  Json results = Json::array();
  for (const Json& row : for_assay) results.push_back(performer.perform(*tracker, row));
  write_json(folder.path() / "results.json", results);
  write_json(folder.path() / "table.json", for_python);
  const std::string source = ASSAY_SOURCE_DIR;
  return report::run_process({source + "/.venv/bin/python", source + "/tests/integration/scenarios.py", url,
                              folder.path() / "table.json", folder.path() / "results.json"},
                             std::chrono::minutes(5));
}

TEST(ScenariosTest, TheServerHoldsTheSameAsFromMlflowsOwnClient) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const auto table = read_json(ASSAY_SOURCE_DIR "/tests/integration/scenarios.json");
  EXPECT_GE(table.size(), 60U);
  const auto result = compare(server->url(), table, table);
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, HasSubstr(" 0 differences"));
  std::printf("%s", result.output.c_str());
}

TEST(ScenariosTest, AnyDifferenceIsNoticed) {
  ASSAY_MLFLOW_OR_SKIP(server);
  const std::vector<std::array<std::string, 3>> pairs = {
      {R"({"param": "p", "value": "1"})", R"({"param": "p", "value": "1.0"})", "data.params.p"},
      {R"({"metric": "m", "value": 0.1, "step": 1})", R"({"metric": "m", "value": 0.10000000000000002, "step": 1})",
       "history.m.0.value"},
      {R"({"metric": "m", "value": 1, "step": 1})", R"({"metric": "m", "value": 1, "step": 2})", "history.m.0.step"},
      {R"({"points": "m", "count": 1001})", R"({"points": "m", "count": 1000})", "history.m.1000.step"},
      {R"({"tag": "t", "value": "a"})", R"({"tag": "t", "value": "a "})", "data.tags.t"},
      {R"({"artifact": "a/b", "content": "x"})", R"({"artifact": "a/b", "content": "y"})", "sha256"},
      {R"({"artifact": "a/b", "content": "x"})", R"({"artifact": "a/c", "content": "x"})", "artifacts.a.a/b.size"},
      {R"({"child": "c", "calls": []})", R"({"child": "c", "status": "KILLED", "calls": []})",
       "children.c.info.status"},
      {R"({"dataset": "d", "digest": "x1", "context": "test", "source_type": "local"})",
       R"({"dataset": "d", "digest": "x1", "context": "training", "source_type": "local"})", "inputs.0.tags.0.value"},
      {R"({"param": "a", "value": ""})", R"({"param": "a#", "value": ""})", "refused: Assay 0, Python 1 of 1 calls"}};
  auto table = Json::array();
  auto other = Json::array();
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const Json row = {{"row", std::to_string(i)}, {"run", "r"}};
    for (auto* const one : {&table, &other}) {
      one->push_back(row);
      one->back()["calls"] = {Json::parse(pairs.at(i).at(one == &table ? 0 : 1))};
    }
  }
  const auto result = compare(server->url(), table, other);
  EXPECT_EQ(result.code, 1);
  for (std::size_t i = 0; i < pairs.size(); ++i)
    EXPECT_THAT(result.output, testing::ContainsRegex("(^|\n)" + std::to_string(i) + ": [^\n]*" + pairs[i][2]));
}

}  // namespace
}  // namespace assay::track
