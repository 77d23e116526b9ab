#include "track/source/secrets.h"

#include <gtest/gtest.h>

namespace assay::track {
namespace {

TEST(SecretNameTest, KnowsTheCommonOnes) {
  for (const char* path : {".env", ".env.local", "prod.env", "a/b/server.PEM", "gcp-credentials.json", "Credentials/x",
                           "id_rsa", "id_rsa.pub", "id_ed25519", ".ssh/known_hosts", ".netrc", "client_secret.json"})
    EXPECT_TRUE(is_secret_name(path)) << path;
  for (const char* path : {"environment.yml", "env.py", "pem.cpp", "src/rsa.cpp", "src/track/secrets.cpp",
                           "keyboard.txt", "configs/train.toml"})
    EXPECT_FALSE(is_secret_name(path)) << path;
}

TEST(StripLoginTest, LeavesNoSecretInAnAddress) {
  EXPECT_EQ(strip_login("https://example.org/a.git"), "https://example.org/a.git");
  EXPECT_EQ(strip_login("https://example.org:8443/a.git"), "https://example.org:8443/a.git");
  EXPECT_EQ(strip_login("https://token@example.org/a"), "https://example.org/a");
  EXPECT_EQ(strip_login("https://user:pa%40ss@example.org/a"), "https://example.org/a");
  EXPECT_EQ(strip_login("https://user:p@ss@example.org/a"), "https://example.org/a");
  EXPECT_EQ(strip_login("https://user:pa/ss@example.org/a"), "https://example.org/a");
  EXPECT_EQ(strip_login("https://example.org/@scope/a"), "https://example.org/@scope/a");
  EXPECT_EQ(strip_login("https://example.org/a?private_token=x#y"), "https://example.org/a");
  EXPECT_EQ(strip_login("https://[::1]:5000/a"), "https://[::1]:5000/a");
  EXPECT_EQ(strip_login("ssh://git:secret@example.org/a"), "ssh://git@example.org/a");
  EXPECT_EQ(strip_login("git@example.org:team/a.git"), "git@example.org:team/a.git");
  EXPECT_EQ(strip_login("/srv/git/a.git"), "/srv/git/a.git");
}

TEST(SecretLineTest, KnowsTheCommonOnes) {
  for (const char* line :
       {"password=hunter2", "  \"db_password\": \"x1\",", "API_KEY = 'abc'", "export GITHUB_TOKEN=abc", "secret_key: x",
        "-----BEGIN RSA PRIVATE KEY-----", "aws AKIAIOSFODNN7EXAMPLE", "url = http://u:pw@h/x",
        "x = wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY", "ghp_0123456789abcdefghij0123456789abcdef", "Pwd: a"})
    EXPECT_TRUE(is_secret_line(line)) << line;
}

TEST(SecretLineTest, LeavesTheRest) {
  for (const char* line :
       {"", "epochs = 30", "max_tokens: 128", "token = tokenizer.next()", "password", "# the password is asked for",
        "commit 2fd4e1c67a2d28fced849ee1bb76e7391b93eb12", "std::string token;", "if (is_secret_name(path)) return;",
        "DeliversAnOfflineRunOnceWithItsOwnTimes", "http://host:5000/x", "lr = 0.0001  # tried 0.1, 0.01 and 0.001"})
    EXPECT_FALSE(is_secret_line(line)) << line;
}

}  // namespace
}  // namespace assay::track
