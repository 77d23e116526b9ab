#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "track/mlflow/http.h"
#include "track/mlflow/tracking_server.h"

namespace assay::track {

/// Says why a call to the server did not succeed, and what that means for the next one.
struct Failure {
  enum class Kind {
    kTransient,  ///< worth trying again soon: no connection, no answer, overload, server error
    kUnusable,   ///< what answers is not an MLflow server that lets us in: somebody must act
    kRejected,   ///< the server works and refuses this very request
  };

  Kind kind = Kind::kTransient;
  std::string code;       ///< MLflow's error code ("RESOURCE_DOES_NOT_EXIST"), empty when the server did not give one
  std::string message;    ///< without secrets
  std::string hint;       ///< what to do; may be empty
  bool connected = true;  ///< false when not even a connection came about
  int status = 0;         ///< of HTTP; 0 when no response came
  double retry_after_s = 0.0;  ///< what an overloaded server asks to wait; 0 when it does not
  bool may_arrive = false;     ///< the server may still carry the request out
  bool is_pending = false;     ///< no request failed: one that was not answered before may still be carried out

  /// Formats message and hint for people.
  std::string to_string() const { return hint.empty() ? message : message + "\n  hint: " + hint; }
};

/// Holds what a call to the server gave: a value or a failure.
template <typename T>
class Outcome {
 public:
  Outcome(T value) : value_(std::move(value)) {}              // NOLINT(google-explicit-constructor)
  Outcome(Failure failure) : failure_(std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  explicit operator bool() const { return value_.has_value(); }
  const T& operator*() const { return *value_; }
  const T* operator->() const { return &*value_; }
  T& operator*() { return *value_; }

  /// Returns why there is no value; meaningless when there is one.
  const Failure& failure() const { return failure_; }

 private:
  std::optional<T> value_;
  Failure failure_;
};

using Done = Outcome<std::monostate>;

/// Leaves a value out.
template <typename T>
Done done(const Outcome<T>& outcome) {
  if (!outcome) return outcome.failure();
  return std::monostate{};
}

/// Makes the failure of a request that is refused for good.
Failure rejection(std::string message, std::string hint = "");

/// Explains a response that is not a success, for people, or nullopt when its status is 2xx.
std::optional<Failure> explain(const HttpResponse& response, const TrackingServer& server, double timeout_s);

/// Explains a 2xx response whose body is not what MLflow sends.
Failure explain_garbage(const HttpResponse& response, const TrackingServer& server);

/// Explains an answer that is JSON but lacks the id it is there for.
Failure explain_no_id(std::string_view what, const TrackingServer& server);

/// Explains an answer to a change that does not show the change.
Failure explain_not_set(std::string_view what, const TrackingServer& server);

}  // namespace assay::track
