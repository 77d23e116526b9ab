#include "track/mlflow/tracking_server.h"

#include <cstdlib>

#include "expect_error.h"
#include "track/clean_environment.h"

namespace assay::track {
namespace {

class TrackingServerTest : public testing::Test {
 protected:
  CleanEnvironment clean_;
};

TEST_F(TrackingServerTest, PrefersTheOptionThenTheEnvironmentThenThisMachine) {
  EXPECT_EQ(find_tracking_server("", "file:1:1").url, "http://127.0.0.1:5000");
  setenv("MLFLOW_TRACKING_URI", "https://tracking.example/prefix/", 1);
  EXPECT_EQ(find_tracking_server("", "file:1:1").url, "https://tracking.example/prefix");
  EXPECT_EQ(find_tracking_server("http://[::1]:81//", "file:1:1").url, "http://[::1]:81");
}

TEST_F(TrackingServerTest, TakesTheLoginOutOfTheAddress) {
  const auto server = find_tracking_server("http://ann:s%40cret@host:80/x", "file:1:1");
  EXPECT_EQ(server.url, "http://host:80/x");
  EXPECT_EQ(server.username, "ann");
  EXPECT_EQ(server.password, "s@cret");
  EXPECT_EQ(server.redact("Authorization: Basic YW5uOnNAY3JldA=="), "Authorization: Basic ***");
  EXPECT_EQ(server.redact("login s@cret failed: s@cret"), "login *** failed: ***");
}

TEST_F(TrackingServerTest, HidesThePasswordInEveryFormInWhichItTravels) {
  const auto server = find_tracking_server("http://ann:p%2Fw%20d%40@host", "file:1:1");
  EXPECT_EQ(server.redact("p/w d@, p%2Fw%20d%40, YW5uOnAvdyBkQA=="), "***, ***, ***");
}

TEST_F(TrackingServerTest, ConnectsWithLoginTlsAndWorkspaceOfTheEnvironment) {
  setenv("MLFLOW_TRACKING_TOKEN", "tok", 1);
  setenv("MLFLOW_TRACKING_INSECURE_TLS", "1", 1);
  setenv("MLFLOW_WORKSPACE", "team-a", 1);
  const auto options = connect_to(find_tracking_server("https://host", ""), {});
  EXPECT_EQ(options.token, "tok");
  EXPECT_FALSE(options.tls.verify);
  EXPECT_THAT(options.headers, testing::ElementsAre("X-MLFLOW-WORKSPACE: team-a"));
  setenv("MLFLOW_TRACKING_TOKEN", "tok\nX-Other: a", 1);
  EXPECT_ERROR(find_tracking_server("https://host", ""), kConfig, "the token holds a line break");
}

TEST_F(TrackingServerTest, TakesTheLoginFromTheEnvironment) {
  setenv("MLFLOW_TRACKING_TOKEN", "tok", 1);
  EXPECT_EQ(find_tracking_server("", "").token, "tok");
  setenv("MLFLOW_TRACKING_USERNAME", "bob", 1);
  EXPECT_EQ(find_tracking_server("", "").token, "tok");  // a user name alone is no login
  setenv("MLFLOW_TRACKING_PASSWORD", "pass", 1);
  const auto server = find_tracking_server("http://ann:old@host", "");
  EXPECT_EQ(server.username, "bob");
  EXPECT_EQ(server.password, "pass");
  EXPECT_EQ(server.token, "");
}

TEST_F(TrackingServerTest, RefusesAnAddressThatIsNone) {
  for (const char* uri : {"sqlite:///mlflow.db", "127.0.0.1:5000", "databricks", "ftp://host"}) {
    EXPECT_ERROR(find_tracking_server(uri, "run.toml:3:7"), kConfig,
                 "must begin with http:// or https:// (run.toml:3:7)");
  }
  EXPECT_ERROR(find_tracking_server("http://", "o"), kConfig, "the host is missing");
  EXPECT_ERROR(find_tracking_server("http://:5000", "o"), kConfig, "the host is missing");
  EXPECT_ERROR(find_tracking_server("http://host:99999", "o"), kConfig, "the port must be between 1 and 65535");
  EXPECT_ERROR(find_tracking_server("http://host:50 00", "o"), kConfig, "port");
  EXPECT_ERROR(find_tracking_server("http://host/a?b", "o"), kConfig, "a character that no address may hold");
}

TEST_F(TrackingServerTest, NamesTheVariableAtFaultAndNoSecret) {
  setenv("MLFLOW_TRACKING_URI", "http://ann:secret@host:port", 1);
  try {
    find_tracking_server("", "file:1:1");
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("environment variable MLFLOW_TRACKING_URI"));
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("secret")));
  }
}

TEST_F(TrackingServerTest, ShowsNoPasswordWithASlash) {
  EXPECT_ERROR(find_tracking_server("http://ann:hun/ter2@host", "test"), kConfig,
               "tracking address http://***@host: a slash in a password is written as %2F");
  EXPECT_EQ(find_tracking_server("http://ann:hun%2Fter2@host", "test").password, "hun/ter2");
}

}  // namespace
}  // namespace assay::track
