#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>

namespace assay {

/// Runs `work` in a separate process; it calls `done(number)` after each of its endless actions, numbered from 0. Kills
/// it with SIGKILL once it has reached `stop_at`. Returns the number of its last action, or -1.
template <typename Work>
std::int64_t run_until_killed(std::int64_t stop_at, const Work& work) {
  int ends[2];
  if (::pipe(ends) != 0) {
    ADD_FAILURE() << "no pipe";
    return -1;
  }
  const auto pid = ::fork();
  if (pid == 0) {
    work([&](std::int64_t number) {
      if (::write(ends[1], &number, sizeof number) != sizeof number) ::_exit(1);
    });
    ::_exit(1);
  }
  ::close(ends[1]);
  std::int64_t last = -1;
  while (last < stop_at && ::read(ends[0], &last, sizeof last) == sizeof last) {
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, nullptr, 0);
  for (std::int64_t more = 0; ::read(ends[0], &more, sizeof more) == sizeof more;) last = more;
  ::close(ends[0]);
  return last;
}

}  // namespace assay
