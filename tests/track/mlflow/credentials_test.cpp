#include "track/mlflow/credentials.h"

#include "expect_error.h"
#include "track/clean_environment.h"
#include "track/mlflow/tracking_server.h"

namespace assay::track {
namespace {

TEST(CredentialsTest, ReadsWhatPythonReads) {
  struct Case {
    const char* text;
    const char* username;
    const char* password;
  };
  for (const auto& one : {
           Case{"[mlflow]\nmlflow_tracking_username = ann\nmlflow_tracking_password = hunter2\n", "ann", "hunter2"},
           Case{"# mine\r\n[mlflow]\r\nMLFLOW_TRACKING_USERNAME: ann\r\n", "ann", ""},
           Case{"[other]\nmlflow_tracking_username=bob\n[mlflow]\n\n; no\nmlflow_tracking_password=a=b:c", "", "a=b:c"},
           Case{"[mlflow]\nmlflow_tracking_password = 100%%\n", "", "100%"},
           Case{"[mlflow]\nmlflow_tracking_username =\nunknown = 1", "", ""},
           Case{"", "", ""},
       }) {
    const auto login = parse_credentials(one.text, "file");
    EXPECT_EQ(login.username, one.username) << one.text;
    EXPECT_EQ(login.password, one.password) << one.text;
  }
}

TEST(CredentialsTest, NamesTheLineAndNotItsText) {
  for (const char* text : {"mlflow_tracking_password = hunter2", "[mlflow]\n\nhunter2"}) {
    try {
      parse_credentials(text, "file");
      ADD_FAILURE() << text;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kConfig);
      EXPECT_THAT(error.what(), testing::HasSubstr(text[0] == '[' ? "(file:3)" : "(file:1)"));
      EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("hunter2")));
    }
  }
}

TEST(CredentialsTest, TheEnvironmentWinsForEachField) {
  const CleanEnvironment clean;
  EXPECT_EQ(find_tracking_server("", "").username, "");
  clean.write_credentials("[mlflow]\nmlflow_tracking_username = ann\nmlflow_tracking_password = hunter2\n");
  const auto from_file = find_tracking_server("", "");
  EXPECT_EQ(from_file.username + ":" + from_file.password, "ann:hunter2");
  EXPECT_EQ(from_file.login_origin, (clean.home() / ".mlflow/credentials").string());
  EXPECT_EQ(from_file.redact("hunter2"), "***");
  ::setenv("MLFLOW_TRACKING_TOKEN", "tok", 1);
  EXPECT_EQ(find_tracking_server("", "").token, "");
  ::setenv("MLFLOW_TRACKING_PASSWORD", "other", 1);
  const auto mixed = find_tracking_server("", "");
  EXPECT_EQ(mixed.username + ":" + mixed.password, "ann:other");
  EXPECT_EQ(find_tracking_server("http://bob:own@host", "").password, "own");
  ::setenv("MLFLOW_TRACKING_USERNAME", "eve", 1);
  EXPECT_EQ(find_tracking_server("http://bob:own@host", "").username, "eve");
}

}  // namespace
}  // namespace assay::track
