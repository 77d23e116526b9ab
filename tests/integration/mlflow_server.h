#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "temporary_folder.h"
#include "track/mlflow/http.h"

namespace assay::track {

/// Returns a loopback port on which nothing is listening now.
inline int free_port() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(listener, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(listener);
  return ntohs(address.sin_port);
}

/// A real MLflow server from the project's .venv on a free loopback port, with its own database and artifacts. One
/// serves the whole test program and is stopped with it.
class MlflowServer {
 public:
  /// Starts the server at first use; null if there is no `mlflow`.
  static MlflowServer* shared() {
    static MlflowServer server;
    return server.pid_ > 0 ? &server : nullptr;
  }

  /// Starts another server, with an empty database.
  static std::unique_ptr<MlflowServer> another() { return std::unique_ptr<MlflowServer>(new MlflowServer); }

  std::filesystem::path database() const { return folder_.path() / "mlflow.db"; }

  MlflowServer(const MlflowServer&) = delete;
  MlflowServer& operator=(const MlflowServer&) = delete;
  ~MlflowServer() { stop(SIGTERM); }

  int port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  static std::string executable() { return ASSAY_SOURCE_DIR "/.venv/bin/mlflow"; }

  /// Stops the server and all its workers.
  void stop(int signal) {
    if (pid_ <= 0) return;
    ::kill(-pid_, signal);
    ::waitpid(pid_, nullptr, 0);
    ::kill(-pid_, SIGKILL);
    pid_ = 0;
  }

  /// Starts the server, again on the same port with the same database, and waits until it answers.
  void start() {
    const auto database = "sqlite:///" + (folder_.path() / "mlflow.db").string();
    const auto artifacts = (folder_.path() / "artifacts").string();
    const auto log = (folder_.path() / "log").string();
    const auto program = executable();
    const auto port = std::to_string(port_);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::setpgid(0, 0);
      ::prctl(PR_SET_PDEATHSIG, SIGTERM);
      ::setenv("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false", 1);
      ::setenv("MLFLOW_DISABLE_TELEMETRY", "true", 1);
      if (::freopen(log.c_str(), "a", stdout) == nullptr || ::dup2(STDOUT_FILENO, STDERR_FILENO) < 0) ::_exit(126);
      ::execl(program.c_str(), "mlflow", "server", "--backend-store-uri", database.c_str(), "--artifacts-destination",
              artifacts.c_str(), "--host", "127.0.0.1", "--port", port.c_str(), "--workers", "1", nullptr);
      ::_exit(127);
    }
    await_health();
  }

 private:
  MlflowServer() : port_(free_port()) {
    if (std::filesystem::exists(executable())) start();
  }

  void await_health() {
    HttpClient client({});
    HttpRequest request;
    request.url = url() + "/health";
    for (int i = 0; i < 1200; ++i) {
      if (client.send(request).ok()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    ADD_FAILURE() << "the MLflow server did not start within two minutes; its log is in " << folder_.path();
  }

  TemporaryFolder folder_;
  int port_;
  pid_t pid_ = 0;
};

}  // namespace assay::track

/// Provides the server as `name`, or skips the test.
#define ASSAY_MLFLOW_OR_SKIP(name)                                                                         \
  auto* const name = ::assay::track::MlflowServer::shared();                                               \
  if (name == nullptr) {                                                                                   \
    GTEST_SKIP() << "no MLflow at " << ::assay::track::MlflowServer::executable() << "; run `make setup`"; \
  }
