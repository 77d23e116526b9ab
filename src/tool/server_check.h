#pragma once

#include <functional>
#include <string>
#include <vector>

#include "track/mlflow/tracking_server.h"

namespace assay::tool {

/// Result of checking one thing that a run needs from its tracking server.
struct ServerCheck {
  enum class State {
    kOk,
    kFailed,
    kNotTried,  ///< because of an earlier failure
  };

  std::string name;
  State state = State::kNotTried;
  double time_ms = 0.0;
  std::string text;  ///< the result, without secrets
  std::string hint;  ///< what to do; may be empty
};

/// Checks everything that a run needs from a server: the connection, MLflow's API, the login, and writing, reading back
/// and removing a run with a file. Takes a few requests, without retries. Calls `tell` after each check; returns all
/// results. The experiment `assay-check` with a deleted run remains on the server.
std::vector<ServerCheck> check_server(const track::TrackingServer& server,
                                      const std::function<void(const ServerCheck&)>& tell);

}  // namespace assay::tool
