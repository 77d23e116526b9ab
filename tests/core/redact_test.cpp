#include "core/redact.h"

#include <gtest/gtest.h>

#include "core/error.h"

namespace assay {
namespace {

TEST(RedactTest, LeavesNoLoginInAnAddress) {
  EXPECT_EQ(redact_logins("uri = \"http://u:PW@h:5000/x\" # a"), "uri = \"http://***@h:5000/x\" # a");
  EXPECT_EQ(redact_logins("http://u:P/W@h and https://token@h"), "http://***@h and https://***@h");
  EXPECT_EQ(redact_logins("http://u:p@w@h, http://u:12/34@h"), "http://***@h, http://***@h");
  EXPECT_EQ(redact_logins("['http://u:PW@h','ftp://v:W@i']"), "['http://***@h','ftp://***@i']");
}

TEST(RedactTest, LeavesOtherTextAsItIs) {
  for (const auto* text : {"", "://", "http://h:5000/x", "https://h/@scope/a", "git@h:a/b.git", "a@b.c",
                           "http://[::1]:5000/a", "http://h:5000/a me@b.c"})
    EXPECT_EQ(redact_logins(text), text);
}

TEST(RedactTest, NoErrorHoldsALogin) {
  const Error error(ErrorKind::kConfig, "http://u:PW@h", "override track.uri=http://u:PW@h", "not http://u:PW@h");
  for (const auto& text : {std::string(error.what()), error.message(), error.location(), error.hint()})
    EXPECT_EQ(text.find("PW"), std::string::npos) << text;
}

}  // namespace
}  // namespace assay
