#pragma once

#include <string>
#include <string_view>

namespace assay::track {

/// Names a tracking server and how to log in there. Only `url` may be shown.
struct TrackingServer {
  std::string url;     ///< "https://host:port/prefix", without user, password and final slash
  std::string origin;  ///< where the address was written, for messages
  std::string username;
  std::string password;
  std::string token;

  /// Replaces every secret in `text` by "***".
  std::string redact(std::string text) const;
};

/// Finds the server: `uri`, or where that is empty MLFLOW_TRACKING_URI, or http://127.0.0.1:5000. User and password
/// come from MLFLOW_TRACKING_USERNAME and _PASSWORD, else from the address, else a token from MLFLOW_TRACKING_TOKEN.
/// Errors: Error(kConfig) for an address that is not http:// or https:// with a host; `origin` says where `uri` was
/// written.
TrackingServer find_tracking_server(std::string_view uri, std::string_view origin);

/// Says whether a host name or address is this machine.
bool is_loopback(std::string_view url);

}  // namespace assay::track
