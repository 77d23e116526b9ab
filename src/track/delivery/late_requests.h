#pragma once

#include <fmt/format.h>

#include <map>
#include <optional>
#include <string>

#include "track/mlflow/backoff.h"
#include "track/mlflow/outcome.h"

namespace assay::track {

/// Remembers requests to make something that were not answered in time. The server may carry them out later, as one
/// whose database is locked does for 20 s: meanwhile the thing is looked for, and not asked for again.
class LateRequests {
 public:
  /// Takes note of how a request ended that was sent at `sent`.
  void note(const std::string& thing, const Failure& failure, SteadyTime sent) {
    constexpr double kLatest = 25.0;
    if (failure.may_arrive) until_[thing] = sent + seconds(kLatest);
  }

  /// Returns why the thing must not be asked for again yet; nothing when it may.
  std::optional<Failure> hold_back(const std::string& thing) const {
    const auto found = until_.find(thing);
    if (found == until_.end() || SteadyTime::clock::now() >= found->second) return std::nullopt;
    Failure failure;
    failure.is_pending = true;
    failure.message = fmt::format("the server has not answered the request to make {} and may still do it", thing);
    return failure;
  }

 private:
  std::map<std::string, SteadyTime> until_;
};

}  // namespace assay::track
