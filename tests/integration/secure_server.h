#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/file.h"
#include "integration/mlflow_server.h"
#include "integration/server_process.h"
#include "report/process.h"

namespace assay::track {

/// A real MLflow server that requires a login, behind nginx, which speaks TLS with certificates of the test's own
/// authority. One serves the whole test program.
class SecureServer {
 public:
  static constexpr const char* kUsername = "admin";
  static constexpr const char* kPassword = "s3cret+Pass/Word@42";

  /// Starts it at first use; null if a dependency is missing, which why_not() returns.
  static SecureServer* shared() {
    static const std::unique_ptr<SecureServer> server(why_not().empty() ? new SecureServer() : nullptr);
    return server.get();
  }

  /// Returns the missing dependency, or "".
  static std::string why_not() {
    if (!std::filesystem::exists(python())) return "no MLflow in .venv; run `make setup`";
    if (run({python(), "-c", "import flask_wtf"}).code != 0)
      return "mlflow[auth] is not installed: Flask-WTF is missing in .venv";
    if (run({"nginx", "-v"}).code != 0) return "nginx is not installed";
    return run({"openssl", "version"}).code != 0 ? "openssl is not installed" : "";
  }

  /// Returns the address for everybody.
  std::string url() const { return fmt::format("https://localhost:{}", port_); }

  /// Returns the address for clients with a certificate.
  std::string strict_url() const { return fmt::format("https://localhost:{}", strict_port_); }

  /// Returns the address where no request may be larger than 1 MB, nginx's default.
  std::string limited_url() const { return fmt::format("https://localhost:{}", limited_port_); }

  std::string authority() const { return file("ca.pem"); }
  std::string client_certificate() const { return file("client-and-key.pem"); }
  std::string log() const { return read_file(file("log")); }

 private:
  SecureServer() {
    make_authority();
    make_certificate("server", "localhost");
    make_certificate("client", "somebody");
    folder_.write("client-and-key.pem", read_file(file("client.pem")) + read_file(file("client.key")));
    folder_.write("auth.ini",
                  fmt::format("[mlflow]\ndefault_permission = READ\ndatabase_uri = sqlite:///{}\n"
                              "admin_username = {}\nauthorization_function = "
                              "mlflow.server.auth:authenticate_request_basic_auth\nauth_cache_ttl_seconds = 60\n",
                              file("auth.db"), kUsername));
    folder_.write("nginx.conf", nginx_configuration());
    start();
    HttpOptions options;
    options.tls.authorities = authority();
    nginx_->await(options, url() + "/health");
  }

  static std::string python() { return ASSAY_SOURCE_DIR "/.venv/bin/python"; }
  static report::ProcessResult run(const std::vector<std::string>& command) {
    return report::run_process(command, std::chrono::minutes(1));
  }

  std::string file(const std::string& name) const { return (folder_.path() / name).string(); }

  static void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const auto result = run(arguments);
    EXPECT_EQ(result.code, 0) << result.output;
  }

  void make_authority() const {
    openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Authority of a test",
             "-keyout", file("ca.key"), "-out", file("ca.pem")});
  }

  void make_certificate(const std::string& name, const std::string& subject) const {
    const auto extension = folder_.write(name + ".ext", "subjectAltName=DNS:" + subject + "\n").string();
    openssl({"req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=" + subject, "-keyout", file(name + ".key"), "-out",
             file(name + ".csr")});
    openssl({"x509", "-req", "-days", "2", "-in", file(name + ".csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"),
             "-CAcreateserial", "-extfile", extension, "-out", file(name + ".pem")});
  }

  std::string nginx_site(int port, const std::string& more) const {
    return fmt::format("  server {{ listen 127.0.0.1:{} ssl; {} location / {{ proxy_pass http://127.0.0.1:{}; }} }}\n",
                       port, more, mlflow_port_);
  }

  std::string nginx_configuration() const {
    std::string text = "daemon off; master_process off; pid nginx.pid; error_log error.log;\nevents {}\nhttp {\n";
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"})
      text += fmt::format("  {}_temp_path {};\n", kind, file(kind));
    text += fmt::format("  access_log off;\n  ssl_certificate {};\n  ssl_certificate_key {};\n", file("server.pem"),
                        file("server.key"));
    text += nginx_site(port_, "client_max_body_size 0;");
    text += nginx_site(limited_port_, "");
    text += nginx_site(
        strict_port_,
        fmt::format("client_max_body_size 0; ssl_verify_client on; ssl_client_certificate {};", file("ca.pem")));
    return text + "}\n";
  }

  void start() {
    mlflow_ = std::make_unique<ServerProcess>(
        std::vector<std::string>{MlflowServer::executable(), "server", "--app-name", "basic-auth",
                                 "--backend-store-uri", "sqlite:///" + file("mlflow.db"), "--artifacts-destination",
                                 file("artifacts"), "--host", "127.0.0.1", "--port", std::to_string(mlflow_port_),
                                 "--workers", "1"},
        std::map<std::string, std::string>{{"MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false"},
                                           {"MLFLOW_DISABLE_TELEMETRY", "true"},
                                           {"MLFLOW_AUTH_CONFIG_PATH", file("auth.ini")},
                                           {"MLFLOW_AUTH_ADMIN_PASSWORD", kPassword},
                                           {"MLFLOW_FLASK_SERVER_SECRET_KEY", "of a test"}},
        folder_.path(), file("log"));
    nginx_ = std::make_unique<ServerProcess>(std::vector<std::string>{"nginx", "-p", folder_.path().string(), "-c",
                                                                      file("nginx.conf"), "-e", file("error.log")},
                                             std::map<std::string, std::string>{}, folder_.path(), file("log"));
  }

  TemporaryFolder folder_;
  int mlflow_port_ = free_port();
  int port_ = free_port();
  int strict_port_ = free_port();
  int limited_port_ = free_port();
  std::unique_ptr<ServerProcess> mlflow_;
  std::unique_ptr<ServerProcess> nginx_;
};

}  // namespace assay::track

/// Provides the server as `name`, or skips the test.
#define ASSAY_SECURE_SERVER_OR_SKIP(name)                    \
  auto* const name = ::assay::track::SecureServer::shared(); \
  if (name == nullptr) {                                     \
    GTEST_SKIP() << ::assay::track::SecureServer::why_not(); \
  }
