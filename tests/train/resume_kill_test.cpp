#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "core/clock.h"
#include "core/file.h"
#include "core/rng.h"
#include "temporary_folder.h"

namespace assay::train {
namespace {

constexpr int kNumRounds = 20;

using Modes = std::vector<std::string>;

// Runs the training in `folder`, and kills it after `seconds` unless it has finished. Returns its output.
std::string run_training(const std::filesystem::path& folder, const Modes& modes, double seconds) {
  const auto output = folder / "output.txt";
  const auto pid = ::fork();
  if (pid == 0) {
    const int file = ::open(output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
    const int nothing = ::open("/dev/null", O_WRONLY);
    ::dup2(file, STDOUT_FILENO);
    ::dup2(nothing, STDERR_FILENO);
    std::vector<const char*> words = {ASSAY_KILLED_TRAINING, folder.c_str()};
    for (const auto& mode : modes) words.push_back(mode.c_str());
    words.push_back(nullptr);
    ::execv(ASSAY_KILLED_TRAINING, const_cast<char**>(words.data()));
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

class ResumeKillTest : public testing::TestWithParam<Modes> {};

TEST_P(ResumeKillTest, EndsWithTheSameBitsAfterSigkillAtRandomMoments) {
  constexpr double kForever = 1e9;
  const TemporaryFolder reference;
  const Stopwatch watch;
  const auto expected = run_training(reference.path(), GetParam(), kForever);
  const double duration = watch.seconds();
  ASSERT_EQ(expected.size(), 65U) << expected;
  for (int round = 0; round < kNumRounds; ++round) {
    Rng rng(static_cast<std::uint64_t>(round), Stream::kBenchmark);
    // A training that finished before the kill is started again and killed sooner.
    for (double seconds = duration * static_cast<double>(rng.uniform(0.1F, 0.95F));; seconds *= 0.7) {
      const TemporaryFolder folder;
      if (!run_training(folder.path(), GetParam(), seconds).empty()) continue;
      EXPECT_EQ(run_training(folder.path(), GetParam(), kForever), expected) << "round " << round;
      break;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, ResumeKillTest, testing::Values(Modes{}, Modes{"bf16"}, Modes{"bf16", "checkpointed"}),
                         [](const auto& instance) {
                           std::string name = "modes";
                           for (const auto& mode : instance.param) name += "_" + mode;
                           return name;
                         });

}  // namespace
}  // namespace assay::train
