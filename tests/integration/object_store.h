#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "integration/fault_server.h"
#include "integration/secure_server.h"

namespace assay::track {

/// A real MLflow server that keeps its artifacts in a stand-in for Amazon's S3, behind a proxy that injects the faults
/// of a test. One serves the whole test program.
class ObjectStore {
 public:
  /// Receives a whole request to the object store; returns the response, or nullopt to forward.
  using Fault = std::function<std::optional<std::string>(const std::string& request)>;

  /// Starts it at first use; null if a dependency is missing, which why_not() returns.
  static ObjectStore* shared() {
    static const std::unique_ptr<ObjectStore> store(why_not().empty() ? new ObjectStore() : nullptr);
    return store.get();
  }

  /// Returns the missing dependency, or "".
  static std::string why_not() {
    for (const char* name : {"mlflow", "moto_server"}) {
      if (!std::filesystem::exists(program(name))) return fmt::format("no {} in .venv; run `make setup`", name);
    }
    return "";
  }

  std::string url() const { return fmt::format("http://127.0.0.1:{}", mlflow_port_); }
  int port() const { return mlflow_port_; }

  /// Injects faults from now on; forgets earlier requests.
  void set_fault(Fault fault) {
    const std::lock_guard lock(mutex_);
    fault_ = std::move(fault);
    num_before_ = proxy_.requests().size();
  }

  /// Returns the requests since the fault was set whose first line contains all of the parts.
  std::vector<std::string> requests(const std::vector<std::string>& parts) const {
    std::vector<std::string> found;
    const auto all = proxy_.requests();
    for (auto i = num_before_; i < all.size(); ++i) {
      const auto line = all[i].substr(0, all[i].find("\r\n"));
      const auto is_in = [&](const std::string& part) { return line.find(part) != std::string::npos; };
      if (std::all_of(parts.begin(), parts.end(), is_in)) found.push_back(all[i]);
    }
    return found;
  }

 private:
  ObjectStore()
      : proxy_([this](const std::string& request) { return answer(request); }),
        store_({program("moto_server"), "-H", "127.0.0.1", "-p", std::to_string(store_port_)}, {}, folder_.path(),
               file("moto.log")) {
    store_.await({}, fmt::format("http://127.0.0.1:{}/bucket", store_port_), "PUT");
    mlflow_ = std::make_unique<ServerProcess>(
        std::vector<std::string>{program("mlflow"), "server", "--backend-store-uri", "sqlite:///" + file("mlflow.db"),
                                 "--artifacts-destination", "s3://bucket/artifacts", "--host", "127.0.0.1", "--port",
                                 std::to_string(mlflow_port_), "--workers", "1"},
        std::map<std::string, std::string>{{"MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false"},
                                           {"MLFLOW_DISABLE_TELEMETRY", "true"},
                                           {"MLFLOW_S3_ENDPOINT_URL", proxy_.url()},
                                           {"AWS_ACCESS_KEY_ID", "testing"},
                                           {"AWS_SECRET_ACCESS_KEY", "testing"},
                                           {"AWS_DEFAULT_REGION", "us-east-1"}},
        folder_.path(), file("mlflow.log"));
    mlflow_->await({}, url() + "/health");
  }

  static std::string program(const std::string& name) { return ASSAY_SOURCE_DIR "/.venv/bin/" + name; }
  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  std::string answer(const std::string& request) {
    Fault fault;
    {
      const std::lock_guard lock(mutex_);
      fault = fault_;
    }
    if (const auto harmed = fault ? fault(request) : std::nullopt) return *harmed;
    return forward(store_port_, request);
  }

  TemporaryFolder folder_;
  int store_port_ = free_port();
  int mlflow_port_ = free_port();
  std::mutex mutex_;
  Fault fault_;
  std::size_t num_before_ = 0;
  FaultServer proxy_;
  ServerProcess store_;
  std::unique_ptr<ServerProcess> mlflow_;
};

}  // namespace assay::track

/// Provides the server as `name`, or skips the test.
#define ASSAY_OBJECT_STORE_OR_SKIP(name)                    \
  auto* const name = ::assay::track::ObjectStore::shared(); \
  if (name == nullptr) {                                    \
    GTEST_SKIP() << ::assay::track::ObjectStore::why_not(); \
  }
