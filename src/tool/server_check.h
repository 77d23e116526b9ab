#pragma once

#include <functional>
#include <string>
#include <vector>

#include "track/mlflow/tracking_server.h"

namespace assay::tool {

/// Says what became of one thing that a run needs of its tracking server.
struct ServerCheck {
  enum class State {
    kOk,
    kFailed,
    kNotTried,  ///< because of an earlier failure
  };

  std::string name;
  State state = State::kNotTried;
  double time_ms = 0.0;
  std::string text;  ///< what was found, without secrets
  std::string hint;  ///< what to do; may be empty
};

/// Tries everything that a run needs of a server: the connection, MLflow's API, the login, and writing, reading back
/// and removing a run with a file. Takes a few requests, without retries. Calls `tell` after each check; returns all.
/// On the server remains the experiment `assay-check` with a deleted run.
std::vector<ServerCheck> check_server(const track::TrackingServer& server,
                                      const std::function<void(const ServerCheck&)>& tell);

}  // namespace assay::tool
