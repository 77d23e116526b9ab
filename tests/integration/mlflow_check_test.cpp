#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "integration/fault_server.h"
#include "integration/mlflow_server.h"
#include "integration/tracking.h"
#include "tool/run_assay.h"
#include "track/clean_environment.h"

namespace assay::track {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::Not;

class MlflowCheckTest : public testing::Test {
 protected:
  static report::ProcessResult check(const std::string& url) {
    return run_assay({"mlflow-check", "--tracking-uri", url});
  }

  /// Runs the check against a server that always gives the same response; expects that it fails.
  static std::string check_answer(const std::string& answer) {
    FaultServer server([&](const std::string&) { return answer; });
    const auto result = check(server.url());
    EXPECT_EQ(result.code, 4) << result.output;
    return result.output;
  }

  CleanEnvironment clean_;
};

TEST_F(MlflowCheckTest, PassesOnALiveServerAndLeavesNoRun) {
  ASSAY_MLFLOW_OR_SKIP(server);
  ::setenv("MLFLOW_TRACKING_URI", server->url().c_str(), 1);
  const auto result = run_assay({"mlflow-check"});
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output,
              AllOf(HasSubstr(server->url() + " (environment variable MLFLOW_TRACKING_URI)"), HasSubstr("MLflow 3."),
                    HasSubstr("none needed"), HasSubstr("10 of 10 checks passed"), Not(HasSubstr("hint"))));
  auto api = api_for(server->url());
  const auto experiment = api.find_experiment("assay-check");
  ASSERT_TRUE(experiment && experiment->has_value());
  EXPECT_TRUE(api.search_runs((*experiment)->id)->empty());
}

TEST_F(MlflowCheckTest, TellsThatNobodyListens) {
  const auto result = check(fmt::format("http://127.0.0.1:{}", free_port()));
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.output,
              AllOf(HasSubstr("refuses connections"), HasSubstr("make mlflow-up"),
                    HasSubstr("1 of 10 checks passed, 1 failed, 8 not tried"), HasSubstr("(--tracking-uri)")));
}

TEST_F(MlflowCheckTest, TellsTheRemedyOfARefusedHostHeaderThoughHealthPasses) {
  FaultServer server([](const std::string& request) {
    if (request.starts_with("GET /health")) return http_response(200, "OK", "text/plain");
    if (request.starts_with("GET /version")) return http_response(200, "3.17.2", "text/plain");
    return http_response(403, "Invalid Host header - possible DNS rebinding attack detected", "text/plain");
  });
  const auto result = check(server.url());
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.output,
              AllOf(ContainsRegex("health +ok"), ContainsRegex("API +FAILED"), ContainsRegex("login +not tried"),
                    HasSubstr(fmt::format("--allowed-hosts '127.0.0.1:{}", server.port()))));
}

TEST_F(MlflowCheckTest, TellsThatAWebPageIsAnswered) {
  const auto text = check_answer(http_response(200, "<html>Welcome</html>"));
  EXPECT_THAT(text, AllOf(HasSubstr("a web page instead of MLflow's data"), ContainsRegex("API +FAILED"),
                          HasSubstr("path prefix"), Not(HasSubstr("<html>"))));
}

TEST_F(MlflowCheckTest, TellsThatTheLoginIsWrongAndNeverShowsIt) {
  ::setenv("MLFLOW_TRACKING_USERNAME", "ann", 1);
  ::setenv("MLFLOW_TRACKING_PASSWORD", "hunter2", 1);
  FaultServer server([](const std::string& request) {
    if (request.starts_with("GET /health")) return http_response(200, "OK", "text/plain");
    if (request.starts_with("GET /version")) return http_response(200, "3.17.2", "text/plain");
    return http_response(401, request, "text/plain");
  });
  const auto result = check(server.url());
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.output, AllOf(ContainsRegex("API +ok"), ContainsRegex("login +FAILED"),
                                   ContainsRegex("write +not tried"), HasSubstr("the login of `ann` is not accepted"),
                                   Not(HasSubstr("hunter2")), Not(HasSubstr("YW5uOmh1bnRlcjI"))));
}

TEST_F(MlflowCheckTest, TellsThatFilesCannotBeStoredAndCleansUp) {
  ASSAY_MLFLOW_OR_SKIP(real);
  FaultServer server([real](const std::string& request) {
    if (request.starts_with("PUT ")) return http_response(500, "Read-only file system", "text/plain");
    return forward(real->port(), request);
  });
  const auto result = check(server.url());
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.output, AllOf(ContainsRegex("artifact +FAILED"), HasSubstr("Read-only file system"),
                                   HasSubstr("--artifacts-destination"), ContainsRegex("clean up +ok"),
                                   HasSubstr("9 of 10 checks passed, 1 failed, 0 not tried")));
}

}  // namespace
}  // namespace assay::track
