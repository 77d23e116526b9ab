#include "track/mlflow/tracking_server.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "track/entities.h"
#include "track/mlflow/credentials.h"
#include "track/mlflow/environment.h"

namespace assay::track {
namespace {

constexpr std::string_view kDefaultUri = "http://127.0.0.1:5000";

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string percent_decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool escaped =
        text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 && hex_digit(text[i + 2]) >= 0;
    decoded += escaped ? static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2])) : text[i];
    if (escaped) i += 2;
  }
  return decoded;
}

/// Encodes as base64, in which form a password travels. Source: RFC 4648, section 4.
std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = i; j < i + 3; ++j)
      group = group << 8 | (j < bytes.size() ? static_cast<unsigned char>(bytes[j]) : 0U);
    for (std::size_t j = 0; j < 4; ++j) text += i + j <= bytes.size() ? kDigits[group >> (18 - 6 * j) & 63] : '=';
  }
  return text;
}

/// Moves "user:password@" out of the address.
void take_login(std::string& address, TrackingServer& server) {
  const auto at = address.substr(0, address.find('/')).rfind('@');
  if (at == std::string::npos) return;
  const auto login = address.substr(0, at);
  address.erase(0, at + 1);
  const auto colon = std::min(login.find(':'), login.size());
  server.username = percent_decode(std::string_view(login).substr(0, colon));
  server.password = colon < login.size() ? percent_decode(std::string_view(login).substr(colon + 1)) : "";
  server.login_origin = "the address";
}

/// Completes the login by environment and credentials file.
void find_login(TrackingServer& server) {
  Credentials login{environment_text("MLFLOW_TRACKING_USERNAME"), environment_text("MLFLOW_TRACKING_PASSWORD")};
  std::string origin = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD";
  const bool is_whole = !login.username.empty() && !login.password.empty();
  if (!is_whole && !server.username.empty()) return;
  if (!is_whole) {
    const auto file = read_credentials();
    origin = credentials_path().string();
    if (!login.username.empty()) origin = "MLFLOW_TRACKING_USERNAME and " + origin;
    if (!login.password.empty()) origin = "MLFLOW_TRACKING_PASSWORD and " + origin;
    if (login.username.empty()) login.username = file.username;
    if (login.password.empty()) login.password = file.password;
  }
  if (!login.username.empty() && !login.password.empty()) {
    server.username = login.username;
    server.password = login.password;
    server.login_origin = origin;
    return;
  }
  server.token = environment_text("MLFLOW_TRACKING_TOKEN");
  if (server.token.find_first_of("\r\n") != std::string::npos) {
    throw Error(ErrorKind::kConfig, "the token holds a line break", "environment variable MLFLOW_TRACKING_TOKEN",
                "write it as one line");
  }
  if (!server.token.empty()) server.login_origin = "MLFLOW_TRACKING_TOKEN";
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 && text.find_first_not_of("0123456789") == std::string_view::npos &&
         std::stoi(std::string(text)) <= 65535 && std::stoi(std::string(text)) > 0;
}

/// Says what is wrong with "host:port/prefix", or nothing.
std::string_view address_fault(std::string_view address) {
  const auto authority = address.substr(0, address.find('/'));
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (address.find('@') != std::string_view::npos) return "a slash in a password is written as %2F";
  if (authority.substr(0, colon).empty()) return "the host is missing";
  if (colon != std::string_view::npos && !is_port(authority.substr(colon + 1)))
    return "the port must be between 1 and 65535";
  if (address.find_first_of(" \t\r\n?#\\\"<>") != std::string_view::npos)
    return "it holds a character that no address may hold";
  return {};
}

}  // namespace

std::string TrackingServer::redact(std::string text) const {
  const auto login = password.empty() ? "" : base64(username + ":" + password);
  for (const std::string& secret : {login, password, percent_encode(password, /*keep_slashes=*/false), token}) {
    if (secret.empty()) continue;
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

TrackingServer find_tracking_server(std::string_view uri, std::string_view origin) {
  TrackingServer server;
  std::string text(uri);
  server.origin = origin;
  if (text.empty()) {
    text = environment_text("MLFLOW_TRACKING_URI");
    server.origin = "environment variable MLFLOW_TRACKING_URI";
  }
  if (text.empty()) {
    text = kDefaultUri;
    server.origin = "default";
  }
  const auto scheme_end = text.find("://");
  const auto scheme = text.substr(0, scheme_end == std::string::npos ? 0 : scheme_end);
  const std::string hint = "give the address of an MLflow server, such as http://127.0.0.1:5000, or run with track=off";
  if (scheme != "http" && scheme != "https") {
    throw Error(ErrorKind::kConfig, "the tracking address must begin with http:// or https://", server.origin, hint);
  }
  auto address = text.substr(scheme_end + 3);
  take_login(address, server);
  while (!address.empty() && address.back() == '/') address.pop_back();
  const auto fault = address_fault(address);
  if (!fault.empty()) {
    throw Error(ErrorKind::kConfig, fmt::format("tracking address {}://{}: {}", scheme, address, fault), server.origin,
                hint);
  }
  server.url = scheme + "://" + address;
  find_login(server);
  server.tls = environment_tls();
  server.workspace = environment_workspace();
  return server;
}

HttpOptions connect_to(const TrackingServer& server, HttpOptions options) {
  options.username = server.username;
  options.password = server.password;
  options.token = server.token;
  options.tls = server.tls;
  if (!server.workspace.empty()) options.headers.push_back("X-MLFLOW-WORKSPACE: " + server.workspace);
  return options;
}

bool is_loopback(std::string_view url) {
  const auto host = url.substr(url.find("://") + 3);
  const auto starts = [&](std::string_view name) { return host.substr(0, name.size()) == name; };
  return starts("127.") || starts("localhost") || starts("[::1]");
}

}  // namespace assay::track
