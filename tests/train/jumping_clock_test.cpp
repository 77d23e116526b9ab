// Runs a training whose wall clock jumps back and forth.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "temporary_folder.h"

namespace assay::train {
namespace {

// Returns the standard output of a command, followed by its exit code.
std::string run(const std::string& command) {
  std::string printed;
  auto* const pipe = ::popen(command.c_str(), "r");
  char buffer[256];
  while (std::fgets(buffer, sizeof buffer, pipe) != nullptr) printed += buffer;
  return printed + fmt::format("exit {}", WEXITSTATUS(::pclose(pipe)));
}

std::string with_jumping_clock(const std::string& command) {
  return "ASAN_OPTIONS=verify_asan_link_order=0:detect_leaks=0 LD_PRELOAD=" ASSAY_JUMPING_CLOCK " " + command;
}

TEST(JumpingClockTest, ChangesNeitherWeightsNorTheSignOfATime) {
  ASSERT_NE(run(with_jumping_clock("date +%Y")), run("date +%Y"));
  const TemporaryFolder steady, jumping;
  const auto training = [](const TemporaryFolder& folder) {
    return fmt::format("{} {} 2>/dev/null", ASSAY_KILLED_TRAINING, folder.path().string());
  };
  const auto expected = run(training(steady));
  EXPECT_EQ(expected.size(), 65U + std::string("exit 0").size()) << expected;
  EXPECT_EQ(run(with_jumping_clock(training(jumping))), expected);
}

}  // namespace
}  // namespace assay::train
