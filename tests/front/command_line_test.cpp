#include "front/command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace assay::front {
namespace {

using testing::HasSubstr;

std::optional<int> parse(std::vector<std::string> words, CommandLine& command_line) {
  words.insert(words.begin(), "experiment");
  std::vector<char*> arguments;
  for (auto& word : words) arguments.push_back(word.data());
  config::Catalogue catalogue;
  catalogue.experiment = "experiment";
  return parse_command_line(static_cast<int>(arguments.size()), arguments.data(), catalogue, command_line);
}

TEST(CommandLineTest, RefusesAConfigFolderThatIsNotThere) {
  CommandLine mistyped;
  testing::internal::CaptureStderr();
  EXPECT_EQ(parse({"--config-dir", "mistyped", "a=1"}, mistyped), 2);
  const auto told = testing::internal::GetCapturedStderr();
  EXPECT_THAT(told, HasSubstr("there is no folder mistyped\n  hint: relative paths start from the current folder"));
  CommandLine right;
  EXPECT_EQ(parse({"--config-dir", "/", "a=1"}, right), std::nullopt);
  EXPECT_EQ(right.config_dirs.front(), "/");
}

TEST(CommandLineTest, RecordsNoLogin) {
  CommandLine command_line;
  EXPECT_EQ(parse({"track.uri=https://user:pass/word@host:5000", "--force"}, command_line), std::nullopt);
  EXPECT_EQ(command_line.text, "experiment 'track.uri=https://***@host:5000' --force");
  EXPECT_EQ(command_line.overrides.front(), "track.uri=https://user:pass/word@host:5000") << "only told otherwise";
}

TEST(CommandLineTest, UsageErrorsShowNoLogin) {
  CommandLine command_line;
  for (const auto* word : {"--uri=https://user:secret@host", "--config-dir=https://user:secret@host"}) {
    testing::internal::CaptureStderr();
    EXPECT_EQ(parse({word}, command_line), 2);
    const auto told = testing::internal::GetCapturedStderr();
    EXPECT_THAT(told, HasSubstr("https://***@host"));
    EXPECT_THAT(told, testing::Not(HasSubstr("secret")));
  }
}

}  // namespace
}  // namespace assay::front
