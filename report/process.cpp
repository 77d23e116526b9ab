#include "report/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>

#include "core/error.h"

namespace assay::report {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kMaxOutput = 64U << 10U;
constexpr auto kPollInterval = std::chrono::milliseconds(5);

class Pipe {
 public:
  Pipe() { ASSAY_CHECK(::pipe2(ends_.data(), O_CLOEXEC) == 0); }
  ~Pipe() {
    close_end(0);
    close_end(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_end(std::size_t end) {
    if (ends_[end] >= 0) ::close(ends_[end]);
    ends_[end] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

int spawn(const std::vector<std::string>& arguments, int output, pid_t& child) {
  std::vector<char*> argv;
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  const int error_number = ::posix_spawnp(&child, argv[0], &actions, &attributes, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  return error_number;
}

// Reads until the writers are gone; returns false at the deadline.
bool read_until_end(int descriptor, Clock::time_point deadline, std::string& output) {
  std::array<char, 4096> buffer{};
  while (true) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) return false;
    pollfd waiting{descriptor, POLLIN, 0};
    if (::poll(&waiting, 1, static_cast<int>(std::min<long long>(left, 60'000))) <= 0) continue;
    const auto size = ::read(descriptor, buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return true;
    output.append(buffer.data(),
                  std::min(static_cast<std::size_t>(size), kMaxOutput - std::min(kMaxOutput, output.size())));
  }
}

// Waits for the child itself, which may outlive its output; returns false at the deadline.
bool wait_until_ended(pid_t child, Clock::time_point deadline, int& status) {
  while (true) {
    const auto ended = ::waitpid(child, &status, WNOHANG);
    if (ended == child) return true;
    if (ended < 0 && errno != EINTR) return true;
    if (Clock::now() >= deadline) return false;
    std::this_thread::sleep_for(kPollInterval);
  }
}

}  // namespace

ProcessResult run_process(const std::vector<std::string>& arguments, std::chrono::milliseconds timeout) {
  ASSAY_CHECK(arguments.empty() == false);
  ProcessResult result;
  Pipe pipe;
  pid_t child = -1;
  result.code = spawn(arguments, pipe.write_end(), child);
  if (result.code != 0) return result;
  pipe.close_end(1);
  const auto deadline = Clock::now() + timeout;
  int status = 0;
  if (!read_until_end(pipe.read_end(), deadline, result.output) || !wait_until_ended(child, deadline, status)) {
    ::kill(-child, SIGKILL);
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    result.end = ProcessResult::End::kTimedOut;
    return result;
  }
  result.end = WIFEXITED(status) ? ProcessResult::End::kExited : ProcessResult::End::kSignalled;
  result.code = WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status);
  return result;
}

std::filesystem::path own_executable() {
  std::error_code code;
  auto path = std::filesystem::read_symlink("/proc/self/exe", code);
  return code ? std::filesystem::path() : path;
}

}  // namespace assay::report
