// A server that requires a login, behind TLS: the error for each wrong setting, and that no secret is shown.

#include "integration/secure_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/file.h"
#include "integration/tracking.h"
#include "tool/run_assay.h"
#include "track/clean_environment.h"

namespace assay::track {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPassword = SecureServer::kPassword;
constexpr const char* kEncoded = "YWRtaW46czNjcmV0K1Bhc3MvV29yZEA0Mg==";  // user and password as in a header
constexpr const char* kEscaped = "s3cret%2BPass%2FWord%4042";

/// Matches text that shows the password in none of its transmitted forms.
auto shows_no_secret() { return AllOf(Not(HasSubstr(kPassword)), Not(HasSubstr(kEncoded)), Not(HasSubstr(kEscaped))); }

report::ProcessResult check(const std::string& url) {
  auto result = run_assay({"mlflow-check", "--tracking-uri", url});
  EXPECT_THAT(result.output, shows_no_secret());
  return result;
}

void log_in(const char* password = kPassword) {
  ::setenv("MLFLOW_TRACKING_USERNAME", SecureServer::kUsername, 1);
  ::setenv("MLFLOW_TRACKING_PASSWORD", password, 1);
}

class SecureServerTest : public testing::Test {
 protected:
  static void trust(const SecureServer& server) {
    ::setenv("MLFLOW_TRACKING_SERVER_CERT_PATH", server.authority().c_str(), 1);
  }

  CleanEnvironment clean_;
};

TEST_F(SecureServerTest, TakesARunWithTheRightLoginAndKeepsThePasswordOutOfEverything) {
  ASSAY_SECURE_SERVER_OR_SKIP(server);
  log_in();
  trust(*server);
  const TemporaryFolder files;
  const auto start = start_of("secure", "run");
  CapturedLog log;
  {
    const auto run = tracker_for(server->url())->start(start);
    run->log_metric("loss", 0.5, 1);
    run->log_params({{"lr", "0.1"}});
    run->log_artifact(files.write("file", std::string(3'000'000, 'x')), "file.bin");
    run->finish(RunStatus::kFinished);
    EXPECT_TRUE(run->delivery().complete()) << run->delivery().first_error;
    auto api = api_for(server->url());
    const auto info = api.get_run(run->delivery().run_id);
    ASSERT_TRUE(info) << info.failure().to_string();
    EXPECT_EQ(info->status, "FINISHED");
    EXPECT_EQ(info->tag("mlflow.user"), SecureServer::kUsername);
    EXPECT_EQ(api.download_artifact(info->artifact_uri, "file.bin")->size(), 3'000'000U);
  }
  EXPECT_THAT(log.text(), shows_no_secret());
  int num_files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(start.record_folder)) {
    if (!entry.is_regular_file()) continue;
    EXPECT_THAT(read_file(entry.path()), shows_no_secret()) << entry.path();
    ++num_files;
  }
  EXPECT_GT(num_files, 0);
}

TEST_F(SecureServerTest, TellsARunWithTheWrongLoginWhatToDo) {
  ASSAY_SECURE_SERVER_OR_SKIP(server);
  log_in("wrong+Pass/Word@42");
  trust(*server);
  CapturedLog log;
  const auto run = tracker_for(server->url(), {{"flush_timeout_s", 3.0}})->start(start_of("secure", "wrong"));
  run->finish(RunStatus::kFinished);
  EXPECT_FALSE(run->delivery().complete());
  EXPECT_THAT(log.text(), AllOf(HasSubstr("HTTP 401"), HasSubstr("the login of `admin` is not accepted"),
                                Not(HasSubstr("wrong+Pass")), Not(HasSubstr("d3Jvbmc"))));
}

TEST_F(SecureServerTest, CheckPassesWithLoginFromTheEnvironmentOrTheFile) {
  ASSAY_SECURE_SERVER_OR_SKIP(server);
  trust(*server);
  log_in();
  const auto by_environment = check(server->url());
  EXPECT_EQ(by_environment.code, 0) << by_environment.output << server->log();
  EXPECT_THAT(by_environment.output, AllOf(HasSubstr("valid by " + server->authority()),
                                           HasSubstr("`admin` is accepted"), HasSubstr("10 of 10 checks passed")));
  ::unsetenv("MLFLOW_TRACKING_USERNAME");
  ::unsetenv("MLFLOW_TRACKING_PASSWORD");
  clean_.write_credentials(
      fmt::format("[mlflow]\nmlflow_tracking_username = admin\nmlflow_tracking_password = {}\n", kPassword));
  const auto by_file = check(server->url());
  EXPECT_EQ(by_file.code, 0) << by_file.output;
  EXPECT_THAT(by_file.output, HasSubstr(".mlflow/credentials"));
}

TEST_F(SecureServerTest, CheckNamesAMissingAndAWrongLogin) {
  ASSAY_SECURE_SERVER_OR_SKIP(server);
  trust(*server);
  const auto missing = check(server->url());
  EXPECT_EQ(missing.code, 4);
  EXPECT_THAT(missing.output, AllOf(HasSubstr("HTTP 401"), HasSubstr("hint: set MLFLOW_TRACKING_USERNAME")));
  log_in("wrong+Pass/Word@42");
  const auto wrong = check(server->url());
  EXPECT_EQ(wrong.code, 4);
  EXPECT_THAT(wrong.output, AllOf(HasSubstr("the login of `admin` is not accepted"), HasSubstr("not tried"),
                                  Not(HasSubstr("wrong+Pass"))));
}

TEST_F(SecureServerTest, CheckNamesALimitOfUploads) {
  ASSAY_SECURE_SERVER_OR_SKIP(server);
  trust(*server);
  log_in();
  const auto result = check(server->limited_url());
  EXPECT_EQ(result.code, 4);
  EXPECT_THAT(result.output, AllOf(HasSubstr("HTTP 413"), HasSubstr("raise client_max_body_size"),
                                   HasSubstr("9 of 10 checks passed")));
}

TEST_F(SecureServerTest, CheckNamesEachTlsProblem) {
  ASSAY_SECURE_SERVER_OR_SKIP(server);
  log_in();
  const auto unknown_authority = check(server->url());
  EXPECT_EQ(unknown_authority.code, 4);
  EXPECT_THAT(unknown_authority.output, HasSubstr("set MLFLOW_TRACKING_SERVER_CERT_PATH"));

  ::setenv("MLFLOW_TRACKING_INSECURE_TLS", "true", 1);
  const auto insecure = check(server->url());
  EXPECT_EQ(insecure.code, 0) << insecure.output;
  EXPECT_THAT(insecure.output, HasSubstr("not verified (MLFLOW_TRACKING_INSECURE_TLS)"));
  ::unsetenv("MLFLOW_TRACKING_INSECURE_TLS");

  trust(*server);
  auto other_name = server->url();
  other_name.replace(other_name.find("localhost"), 9, "127.0.0.1");
  EXPECT_THAT(check(other_name).output, HasSubstr("use the host name that the server's certificate was made for"));
  EXPECT_THAT(check("http" + server->url().substr(5)).output, HasSubstr("use https:// in the address"));

  const auto no_certificate = check(server->strict_url());
  EXPECT_EQ(no_certificate.code, 4);
  EXPECT_THAT(no_certificate.output, HasSubstr("demands a client's certificate: set MLFLOW_TRACKING_CLIENT_CERT_PATH"));
  ::setenv("MLFLOW_TRACKING_CLIENT_CERT_PATH", server->authority().c_str(), 1);
  EXPECT_THAT(check(server->strict_url()).output, HasSubstr("a PEM file with a certificate and its key"));
  ::setenv("MLFLOW_TRACKING_CLIENT_CERT_PATH", server->client_certificate().c_str(), 1);
  const auto with_certificate = check(server->strict_url());
  EXPECT_EQ(with_certificate.code, 0) << with_certificate.output;
}

TEST_F(SecureServerTest, KeepsThePasswordOutOfErrorsAboutTheAddress) {
  for (const char* bad : {"https://admin:{}@localhost:port", "htps://admin:{}@localhost", "https://admin:{}@/x"}) {
    const auto result = check(fmt::format(fmt::runtime(bad), kEscaped));
    EXPECT_EQ(result.code, 2);
    EXPECT_NE(result.output, "");
  }
}

}  // namespace
}  // namespace assay::track
