#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"
#include "track/tracker.h"

namespace assay::track {

/// One measured point. Its time is fixed when it is made: a point sent twice is then the same point to the server.
struct Metric {
  std::string key;
  double value = 0.0;
  std::int64_t timestamp_ms = 0;
  std::int64_t step = 0;
};

/// Holds what goes into one log-batch request.
struct Batch {
  std::vector<Metric> metrics;
  std::vector<KeyValue> params;
  std::vector<KeyValue> tags;

  std::size_t size() const { return metrics.size() + params.size() + tags.size(); }
};

// Keep a dataset or a model in a journal. Errors of reading: Error(kData) for other JSON.
Json to_json(const DatasetInput& dataset);
Json to_json(const LoggedModel& model);
DatasetInput dataset_from(const Json& json);
LoggedModel model_from(const Json& json);

/// Refuses a dataset or a model that MLflow does not take. Errors: Error(kInternal).
void check_dataset(const DatasetInput& dataset);
void check_model(const LoggedModel& model);

// What MLflow's server takes in one request; the size is that of its documented limit of 1 MB with room to spare.
inline constexpr std::size_t kMaxBatchEntities = 1000;
inline constexpr std::size_t kMaxBatchParams = 100;
inline constexpr std::size_t kMaxBatchTags = 100;
inline constexpr std::size_t kMaxBatchBytes = 900'000;
inline constexpr std::size_t kMaxParamLength = 6000;  ///< characters; the server cuts silently beyond it
inline constexpr std::size_t kMaxTagLength = 8000;

/// Says what is wrong with a metric's, param's or tag's key in MLflow's eyes; empty when nothing is.
std::string_view find_key_fault(std::string_view key);

/// Refuses a key that MLflow does not take. `what` is "metric", "param" or "tag".
/// Errors: Error(kInternal) naming the key and the rule: keys come from code.
void check_key(std::string_view what, std::string_view key);

/// Cuts the values to what the server takes, adds the params to `known`, and returns those that are new.
/// Errors: Error(kInternal) for a bad key, or one that is already known with another value: the server would refuse it.
std::vector<KeyValue> take_new_params(const std::vector<KeyValue>& params, std::map<std::string, std::string>& known);

/// Refuses to log to a run that has ended: it would never be delivered. Errors: Error(kInternal).
void check_open(bool is_finished, std::string_view run_name);

/// Refuses a path inside a run that MLflow's artifact proxy does not take. Errors: Error(kInternal).
void check_artifact_path(std::string_view path);

/// Returns the value of a key, or "".
std::string find_value(const std::vector<KeyValue>& pairs, std::string_view key);

/// Cuts a text that is too long and says so at its end; never inside a character. Units: characters.
std::string cut_text(std::string_view text, std::size_t max_length);

/// Estimates the size of an entity's JSON. Units: bytes.
std::size_t wire_bytes(const Metric& metric);
std::size_t wire_bytes(const KeyValue& pair);

/// Encodes a value as MLflow reads it without loss: NaN and infinities as strings, since it drops the rest of a batch
/// after a bare NaN.
Json encode_value(double value);

/// Encodes params or tags, and cuts values to `max_length` characters.
Json encode_pairs(const std::vector<KeyValue>& pairs, std::size_t max_length = std::string::npos);

/// Encodes the body of a log-batch request.
Json encode_batch(const Batch& batch, std::string_view run_id);

}  // namespace assay::track
