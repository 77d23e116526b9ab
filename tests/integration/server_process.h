#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "core/file.h"
#include "track/mlflow/http.h"

namespace assay::track {

/// A program that runs during the lifetime of this object, in its own folder and process group.
class ServerProcess {
 public:
  ServerProcess(const std::vector<std::string>& command, const std::map<std::string, std::string>& environment,
                const std::filesystem::path& folder, const std::filesystem::path& log)
      : log_(log) {
    std::vector<char*> arguments;
    for (const auto& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
    const int file = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (::chdir(folder.c_str()) != 0 || ::dup2(file, STDOUT_FILENO) < 0 || ::dup2(file, STDERR_FILENO) < 0)
      ::_exit(126);
    ::execvp(arguments[0], arguments.data());
    std::perror(arguments[0]);
    ::_exit(127);
  }
  ~ServerProcess() {
    ::kill(-pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    ::kill(-pid_, SIGKILL);
  }
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  /// Waits until it answers; if it ends before, or does not answer within two minutes, the failure shows its output.
  void await(const HttpOptions& options, const std::string& url, const std::string& method = "GET") const {
    HttpClient client(options);
    HttpRequest request;
    request.url = url;
    request.method = method;
    for (int i = 0; i < 1200 && !has_ended(); ++i) {
      if (client.send(request).ok()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ADD_FAILURE() << url << (has_ended() ? " has ended:\n" : " did not answer within two minutes:\n")
                  << read_file(log_);
  }

 private:
  bool has_ended() const {
    siginfo_t info{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_;
  }

  std::filesystem::path log_;
  pid_t pid_;
};

}  // namespace assay::track
