#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "track/upload_source.h"

namespace assay::track {

/// Says how an exchange ended below HTTP.
enum class Transport {
  kOk,          ///< a whole response came; its status may be anything
  kUnresolved,  ///< no such host
  kRefused,     ///< no connection: nobody listens, or no route
  kTimeout,     ///< no connection or no whole response in time
  kDropped,     ///< the connection broke
  kInsecure,    ///< TLS failed
  kGarbage,     ///< what answered does not speak HTTP
  kTooLarge,    ///< the body passed the limit
  kFile,        ///< the file to upload could not be read
  kAborted,     ///< abort() was called
};

/// Says how the two sides of an https:// connection prove who they are.
struct TlsOptions {
  bool verify = true;                        ///< the server's certificate
  std::filesystem::path authorities;         ///< file or folder of PEM certificates; empty: the system's
  std::filesystem::path client_certificate;  ///< PEM with its key; empty for none
};

struct HttpOptions {
  double connect_timeout_s = 2.5;
  double request_timeout_s = 30.0;  ///< whole exchange; for an upload the longest stall instead
  std::size_t max_body_bytes = 64U << 20;
  std::string username;  ///< Basic authentication when not empty
  std::string password;
  std::string token;  ///< Bearer authentication when not empty and no user name
  TlsOptions tls = {};
  std::vector<std::string> headers = {};  ///< "Name: value", sent with every request
};

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  std::string body;       ///< sent as application/json unless empty
  LocalFile upload = {};  ///< sent raw instead of `body`, unless its path is empty
  /// Of `upload`; all of it where unset. It goes without Content-Type, which the address may not be signed for.
  std::optional<FilePart> part = {};
  std::atomic<std::int64_t>* num_sent = nullptr;  ///< counts the bytes of `upload` as they go; null for none
  std::vector<std::string> headers = {};          ///< "Name: value", besides those of HttpOptions
  bool once = false;                              ///< on a new connection, so that it is never repeated silently
};

struct HttpResponse {
  Transport transport = Transport::kOk;
  std::string transport_text;  ///< libcurl's words when not kOk
  int status = 0;
  std::string body;
  std::string redirect_url;
  std::string etag;            ///< names the content that was stored; empty when the server does not
  double retry_after_s = 0.0;  ///< what the server asks to wait; 0 when it does not

  bool ok() const { return transport == Transport::kOk && status >= 200 && status < 300; }
};

/// Escapes all but unreserved characters, and slashes unless `keep_slashes` is false. Source: RFC 3986, section 2.
std::string percent_encode(std::string_view text, bool keep_slashes = true);

/// Exchanges HTTP messages over a kept-alive connection. One thread at a time; raises no signals, follows no redirects.
class HttpClient {
 public:
  explicit HttpClient(HttpOptions options);
  ~HttpClient();
  HttpClient(HttpClient&&) noexcept;

  /// Sends a request and waits for its end. Errors: none thrown; every outcome is in the response.
  HttpResponse send(const HttpRequest& request);

  /// Ends the current and all later exchanges within about a second; from any thread.
  void abort();

  struct State;

 private:
  std::unique_ptr<State> state_;
};

}  // namespace assay::track
