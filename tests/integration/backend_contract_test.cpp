// The contract of every backend, whether it delivers or not: if one accepted what another rejects, a run would fail
// only once tracking is on.

#include <gtest/gtest.h>

#include <cmath>

#include "expect_error.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"

namespace assay::track {
namespace {

class BackendContractTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    std::string uri;
    if (GetParam() == "mlflow") {
      ASSAY_MLFLOW_OR_SKIP(server);
      uri = server->url();
    }
    tracker_ = tracker_of(GetParam(), uri);
    run_ = tracker_->start(start_of("contract", GetParam()));
  }

  std::string write(const std::string& name, const std::string& content) const {
    return folder_.write(name, content).string();
  }

  TemporaryFolder folder_;
  std::unique_ptr<Tracker> tracker_;
  std::unique_ptr<track::Run> run_;
};

TEST_P(BackendContractTest, TakesAllThatARunHasToSay) {
  run_->log_params({{"lr", "0.1"}, {"empty", ""}, {"lr", "0.1"}});
  for (const double value : {0.5, std::nan(""), -double(INFINITY)}) run_->log_metric("a/b c.d-e:f_損失", value, -1);
  run_->set_tag("note", "first");
  run_->set_tag("note", "second");
  run_->log_artifact(write("file", "content"), "folder/ü +%.txt");
  run_->log_dataset({"images", "0123", "training", "local"});
  const auto child = run_->start_child({"", "child", {{"kind", "child"}}, {}});
  child->log_metric("accuracy", 1.0, 1);
  child->start_child({"", "grandchild", {}, {}})->finish(RunStatus::kKilled);
  child->finish(RunStatus::kFinished);
  run_->finish(RunStatus::kFinished);
  EXPECT_EQ(run_->delivery().backend, GetParam());
  EXPECT_TRUE(run_->delivery().complete()) << run_->delivery().first_error << run_->delivery().difference;
  EXPECT_EQ(run_->delivery().url.empty(), GetParam() != "mlflow");
}

TEST_P(BackendContractTest, RefusesWhatNoServerTakes) {
  for (const std::string key : {"", "a//b", "/a", "a/", "../a", "a=b", "a%b", "a#b"}) {
    EXPECT_ERROR(run_->log_metric(key, 1.0, 1), kInternal, "cannot be tracked");
    EXPECT_ERROR(run_->log_params({{key, "value"}}), kInternal, "cannot be tracked");
    EXPECT_ERROR(run_->set_tag(key, "value"), kInternal, "cannot be tracked");
  }
  for (const auto* path : {"", "..", "a/../b", "a//b", "a\\b", "a#b"})
    EXPECT_ERROR(run_->log_artifact("file", path), kInternal, "cannot be tracked");
  EXPECT_ERROR(run_->log_metric(std::string(251, 'k'), 1.0, 1), kInternal, "longer than 250");
  EXPECT_ERROR(run_->log_dataset({"images", std::string(37, '0'), "training", "local"}), kInternal, "digest");
  EXPECT_ERROR(run_->log_dataset({"images", "0123", "", "local"}), kInternal, "context");
  EXPECT_ERROR(run_->log_model({"a/b", folder_.path()}), kInternal, "name");
}

TEST_P(BackendContractTest, RefusesAnotherValueOfAParam) {
  run_->log_params({{"lr", "0.1"}});
  EXPECT_ERROR(run_->log_params({{"lr", "0.2"}}), kInternal, "logged twice with different values");
}

TEST_P(BackendContractTest, TakesNothingOnceItHasEnded) {
  run_->finish(RunStatus::kFinished);
  run_->finish(RunStatus::kFailed);
  EXPECT_ERROR(run_->log_metric("loss", 1.0, 1), kInternal, "it has ended");
  EXPECT_ERROR(run_->set_tag("note", "late"), kInternal, "it has ended");
  EXPECT_ERROR(run_->log_params({{"lr", "0.1"}}), kInternal, "it has ended");
  EXPECT_ERROR(run_->log_artifact(write("late", ""), "late"), kInternal, "it has ended");
  EXPECT_TRUE(run_->delivery().complete());
}

INSTANTIATE_TEST_SUITE_P(All, BackendContractTest, testing::Values("mlflow", "journal", "off"),
                         [](const auto& one) { return one.param; });

}  // namespace
}  // namespace assay::track
