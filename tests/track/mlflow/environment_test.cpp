#include "track/mlflow/environment.h"

#include <cstdlib>

#include "expect_error.h"
#include "temporary_folder.h"
#include "track/clean_environment.h"

namespace assay::track {
namespace {

class EnvironmentTest : public testing::Test {
 protected:
  CleanEnvironment clean_;
};

TEST_F(EnvironmentTest, ReadsBooleansAsPythonDoes) {
  const std::pair<const char*, bool> kCases[] = {{"true", true},   {"True", true},   {"1", true},
                                                 {"false", false}, {"FALSE", false}, {"0", false}};
  for (const auto& [text, expected] : kCases) {
    ::setenv("MLFLOW_TRACKING_INSECURE_TLS", text, 1);
    EXPECT_EQ(environment_flag("MLFLOW_TRACKING_INSECURE_TLS", !expected), expected) << text;
  }
  ::setenv("MLFLOW_TRACKING_INSECURE_TLS", "", 1);
  EXPECT_TRUE(environment_flag("MLFLOW_TRACKING_INSECURE_TLS", true));
  for (const char* text : {"yes", "on", "2", " true"}) {
    ::setenv("MLFLOW_TRACKING_INSECURE_TLS", text, 1);
    EXPECT_ERROR(environment_flag("MLFLOW_TRACKING_INSECURE_TLS", true), kConfig,
                 fmt::format("MLFLOW_TRACKING_INSECURE_TLS=\"{}\" is not accepted", text));
    EXPECT_ERROR(environment_flag("MLFLOW_TRACKING_INSECURE_TLS", true), kConfig, "set it to true, false, 1 or 0");
  }
}

TEST_F(EnvironmentTest, BoundsNumbers) {
  struct Case {
    const char* name;
    const char* good;
    const char* bad;
  };
  for (const auto& one :
       {Case{"MLFLOW_HTTP_REQUEST_MAX_RETRIES", "10", "11"}, Case{"MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0", "-1"},
        Case{"MLFLOW_HTTP_REQUEST_MAX_RETRIES", "7", "2.5"}, Case{"MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "0", "121"},
        Case{"MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", "1.5", "nan"},
        Case{"MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER", "0", "no"}}) {
    ::setenv(one.name, one.good, 1);
    EXPECT_NO_THROW(environment_retry_policy()) << one.name;
    ::setenv(one.name, one.bad, 1);
    EXPECT_ERROR(environment_retry_policy(), kConfig, fmt::format("{}=\"{}\"", one.name, one.bad));
    ::unsetenv(one.name);
  }
  for (const char* bad : {"0", "3601", "2 s", "inf"}) {
    ::setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", bad, 1);
    EXPECT_ERROR(environment_http_options(), kConfig, "MLFLOW_HTTP_REQUEST_TIMEOUT");
  }
}

TEST_F(EnvironmentTest, CarriesTheMultipartPolicyWithMlflowsDefaults) {
  const auto otherwise = environment_multipart_policy();
  EXPECT_FALSE(otherwise.enabled);
  EXPECT_EQ(otherwise.least_file_size, 524'288'000);
  EXPECT_EQ(otherwise.part_size, 10'485'760);
  EXPECT_TRUE(otherwise.verifies_store);
  ::setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "false", 1);
  ::setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", "6000000000", 1);
  ::setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", "5368709120", 1);
  ::setenv("MLFLOW_S3_IGNORE_TLS", "true", 1);
  const auto policy = environment_multipart_policy();
  EXPECT_EQ(policy.enabled, false);
  EXPECT_EQ(policy.least_file_size, 6'000'000'000);
  EXPECT_EQ(policy.part_size, 5'368'709'120);
  EXPECT_FALSE(policy.verifies_store);
  ::setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", "5242879", 1);
  EXPECT_ERROR(environment_multipart_policy(), kConfig, "a whole number between 5242880 and 5368709120");
}

TEST_F(EnvironmentTest, CarriesTheRetryPolicy) {
  const RetryPolicy otherwise;
  EXPECT_EQ(environment_retry_policy().first_delay_s, otherwise.first_delay_s);
  EXPECT_FALSE(environment_retry_policy().max_retries);
  EXPECT_TRUE(environment_retry_policy().respects_retry_after);
  ::setenv("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", "2", 1);
  ::setenv("MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", "0", 1);
  ::setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0", 1);
  ::setenv("MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER", "false", 1);
  const auto policy = environment_retry_policy();
  EXPECT_EQ(policy.first_delay_s, 2.0);
  EXPECT_EQ(policy.jitter_s, 0.0);
  EXPECT_EQ(policy.max_retries, 0);
  EXPECT_FALSE(policy.respects_retry_after);
}

TEST_F(EnvironmentTest, RefusesTlsThatContradictsItselfOrIsNotThere) {
  const TemporaryFolder folder;
  const auto file = folder.write("ca.pem", "").string();
  ::setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", file.c_str(), 1);
  EXPECT_EQ(environment_tls().authorities, file);
  ::setenv("MLFLOW_TRACKING_INSECURE_TLS", "true", 1);
  EXPECT_ERROR(environment_tls(), kConfig, "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH");
  ::unsetenv("MLFLOW_TRACKING_SERVER_CERT_PATH");
  EXPECT_FALSE(environment_tls().verify);
  for (const char* name : {"MLFLOW_TRACKING_SERVER_CERT_PATH", "MLFLOW_TRACKING_CLIENT_CERT_PATH"}) {
    ::setenv(name, "/no/such.pem", 1);
    EXPECT_ERROR(environment_tls(), kConfig, fmt::format("{}=\"/no/such.pem\"", name));
    ::unsetenv(name);
  }
}

TEST_F(EnvironmentTest, ReadsTheTagsOfEveryRun) {
  ::setenv("MLFLOW_RUN_CONTEXT", R"({"mlflow.source.git.commit": "abc", "attempt": 2})", 1);
  EXPECT_THAT(environment_of_runs().tags,
              testing::UnorderedElementsAre(KeyValue{"mlflow.source.git.commit", "abc"}, KeyValue{"attempt", "2"}));
  ::setenv("MLFLOW_RUN_CONTEXT", R"({"a#b": "c"})", 1);
  EXPECT_ERROR(environment_of_runs(), kConfig, "tag key `a#b` cannot be tracked");
  for (const char* text : {"[1]", "{\"a\": ", "hunter2"}) {
    ::setenv("MLFLOW_RUN_CONTEXT", text, 1);
    EXPECT_ERROR(environment_of_runs(), kConfig, "MLFLOW_RUN_CONTEXT is no JSON object of tags (env");
  }
}

TEST_F(EnvironmentTest, AsksNoProxyForThisMachineNorForWhatIsExempt) {
  const char* const before = std::getenv("no_proxy");
  const std::string kept = before == nullptr ? "" : before;
  ::setenv("no_proxy", "tracking.example", 1);
  EXPECT_EQ(environment_no_proxy(), "localhost,127.0.0.1,::1,tracking.example");
  ::setenv("no_proxy", "*", 1);
  EXPECT_EQ(environment_no_proxy(), "*");
  ::setenv("no_proxy", kept.c_str(), 1);
}

TEST_F(EnvironmentTest, RefusesAWorkspaceThatWouldEndTheHeader) {
  ::setenv("MLFLOW_WORKSPACE", "team a", 1);
  EXPECT_EQ(environment_workspace(), "team a");
  ::setenv("MLFLOW_WORKSPACE", "a\r\nX-Other: b", 1);
  EXPECT_ERROR(environment_workspace(), kConfig, "MLFLOW_WORKSPACE");
}

}  // namespace
}  // namespace assay::track
