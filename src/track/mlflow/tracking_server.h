#pragma once

#include <string>
#include <string_view>

#include "track/mlflow/http.h"

namespace assay::track {

/// Names a tracking server, how to connect to it and how to log in there. Only addresses, paths and names may be shown.
struct TrackingServer {
  std::string url;     ///< "https://host:port/prefix", without user, password and final slash
  std::string origin;  ///< where the address was written, for messages
  std::string username;
  std::string password;
  std::string token;
  std::string login_origin = {};  ///< where the login was written, for messages; empty without one
  TlsOptions tls = {};
  std::string workspace = {};  ///< empty for the server's default

  /// Replaces every secret in `text` by "***".
  std::string redact(std::string text) const;
};

/// Finds the server: `uri`, or where that is empty MLFLOW_TRACKING_URI, or http://127.0.0.1:5000. User and password
/// come from MLFLOW_TRACKING_USERNAME and _PASSWORD, else from the address, else what of them is not set from
/// ~/.mlflow/credentials, else a token from MLFLOW_TRACKING_TOKEN; TLS and workspace from the environment.
/// Errors: Error(kConfig) for an address that is not http:// or https:// with a host, and for bad variables; `origin`
/// says where `uri` was written.
TrackingServer find_tracking_server(std::string_view uri, std::string_view origin);

/// Completes options for requests by login, TLS and workspace of a server.
HttpOptions connect_to(const TrackingServer& server, HttpOptions options);

/// Says whether a host name or address is this machine.
bool is_loopback(std::string_view url);

}  // namespace assay::track
