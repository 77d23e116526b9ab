#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <thread>

#include "core/clock.h"
#include "core/file.h"
#include "core/rng.h"
#include "temporary_folder.h"

namespace assay::train {
namespace {

constexpr int kNumRounds = 50;

// Runs the training in `folder`, and kills it after `seconds` if it is not over by then. Returns what it printed.
std::string run_training(const std::filesystem::path& folder, double seconds) {
  const auto output = folder / "output.txt";
  const auto pid = ::fork();
  if (pid == 0) {
    const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const int nothing = ::open("/dev/null", O_WRONLY);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(nothing, STDERR_FILENO);
    ::execl(ASSAY_KILLED_TRAINING, ASSAY_KILLED_TRAINING, folder.c_str(), nullptr);
    ::_exit(127);
  }
  const Stopwatch watch;
  int status = 0;
  while (::waitpid(pid, &status, WNOHANG) == 0) {
    if (watch.seconds() >= seconds) ::kill(pid, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return read_file(output);
}

TEST(ResumeKillTest, EndsWithTheSameBitsAfterSigkillAtRandomMoments) {
  constexpr double kForever = 1e9;
  const TemporaryFolder reference;
  const Stopwatch watch;
  const auto expected = run_training(reference.path(), kForever);
  const double duration = watch.seconds();
  ASSERT_EQ(expected.size(), 65U) << expected;
  int num_killed = 0, num_equal = 0;
  for (int round = 0; round < kNumRounds; ++round) {
    Rng rng(static_cast<std::uint64_t>(round), Stream::kBenchmark);
    const TemporaryFolder folder;
    auto printed = run_training(folder.path(), duration * static_cast<double>(rng.uniform(0.1F, 0.95F)));
    if (printed.empty()) ++num_killed;
    if (printed.empty()) printed = run_training(folder.path(), kForever);
    EXPECT_EQ(printed, expected) << "round " << round;
    num_equal += static_cast<int>(printed == expected);
  }
  EXPECT_EQ(num_equal, kNumRounds);
  EXPECT_GT(num_killed, kNumRounds / 2);  // the others were over sooner than the first one
  RecordProperty("killed", num_killed);
  RecordProperty("equal", num_equal);
}

}  // namespace
}  // namespace assay::train
