#include "core/stop.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace assay {
namespace {

// In a separate process, whose handlers are not those of the tests.
int signal_seen(int signal, bool ignored_before) {
  const auto pid = ::fork();
  if (pid == 0) {
    std::signal(signal, ignored_before ? SIG_IGN : SIG_DFL);
    install_stop_handlers();
    std::raise(signal);
    ::_exit(stop_signal());
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(StopTest, SignalsOfTerminalsAndBatchSystemsAskForAnOrderlyEnd) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGUSR1}) {
    EXPECT_EQ(signal_seen(signal, false), signal);
    EXPECT_EQ(signal_seen(signal, true), 0) << "nohup, and shells for background jobs, ignore on purpose";
  }
}

TEST(StopTest, BrokenPipesAndFileLimitsKillNothing) {
  for (const int signal : {SIGPIPE, SIGXFSZ}) EXPECT_EQ(signal_seen(signal, false), 0);
}

}  // namespace
}  // namespace assay
