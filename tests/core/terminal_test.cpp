#include "core/terminal.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "core/file.h"
#include "temporary_folder.h"

namespace assay {
namespace {

// Returns the exit status of a process that sets up its descriptors with `prepare` and then writes.
template <typename Prepare, typename Work>
int status_of(const Prepare& prepare, const Work& work) {
  const auto pid = ::fork();
  if (pid == 0) {
    prepare();
    ::_exit(work());
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

int write_much() {
  for (int i = 0; i < 1000; ++i) print_status("line {}\n", i);
  return 0;
}

TEST(StatusLogTest, KeepsWhatLastsOfWhatTheTerminalShows) {
  const TemporaryFolder folder;
  const auto file = folder.path() / "run.log";
  testing::internal::CaptureStderr();
  {
    const StatusLog log(file);
    print_status("epoch {}\n", 1);
    write_transient("50 %\r");
  }
  {
    const StatusLog again(file);
    print_status("epoch {}\n", 2);
  }
  print_status("afterwards\n");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "epoch 1\n50 %\repoch 2\nafterwards\n");
  EXPECT_EQ(read_file(file), "epoch 1\nepoch 2\n");
}

TEST(StatusLogTest, IsLeftOutWhereItCannotBeWritten) {
  const StatusLog nowhere("/nonexistent/run.log");
  EXPECT_EQ(status_of([] {}, write_much), 0);
  const StatusLog full("/dev/full");
  EXPECT_EQ(status_of([] {}, write_much), 0);
}

TEST(TerminalTest, AFullOrClosedOneIsNoError) {
  EXPECT_EQ(status_of([] { ::dup2(::open("/dev/full", O_WRONLY), STDERR_FILENO); }, write_much), 0);
  EXPECT_EQ(status_of([] { ::close(STDERR_FILENO); }, write_much), 0);
  const auto break_pipe = [] {
    std::signal(SIGPIPE, SIG_IGN);
    int ends[2];
    ASSERT_EQ(::pipe(ends), 0);
    ::dup2(ends[1], STDERR_FILENO);
    ::close(ends[0]);
  };
  EXPECT_EQ(status_of(break_pipe, write_much), 0);
}

TEST(TerminalTest, NoFileOfTheProgramGetsTheNumberOfATerminal) {
  const auto close_all = [] {
    for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::close(descriptor);
  };
  const auto open_one = [] {
    open_standard_descriptors();
    return ::open("/dev/null", O_RDONLY);
  };
  EXPECT_GT(WEXITSTATUS(status_of(close_all, open_one)), STDERR_FILENO);
}

}  // namespace
}  // namespace assay
