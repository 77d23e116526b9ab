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

}  // namespace
}  // namespace assay::front
