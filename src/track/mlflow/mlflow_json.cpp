#include "track/mlflow/mlflow_json.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <limits>

namespace assay::track {
namespace {

double read_number(const Json& object, const char* key) {
  const Json& value = read_member(object, key);
  if (value.is_number()) return value.get<double>();
  if (!value.is_string()) return 0.0;
  const auto& text = value.get_ref<const std::string&>();
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  return std::strtod(text.c_str(), nullptr);
}

/// Some 16 times as many bytes of memory hold an answer that was made for that. A page of 10,000 points takes 1.2 MB.
constexpr std::size_t kMaxAnswerBytes = 16U << 20;

/// Returns an id only if it is one: ids go into addresses.
std::string read_id(const Json& object, const char* key) {
  constexpr std::size_t kMaxLength = 256;
  auto id = read_text(object, key);
  const auto is_fine = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  return id.size() <= kMaxLength && std::all_of(id.begin(), id.end(), is_fine) ? id : "";
}

/// Cuts a number to the range of integers; NaN is 0.
std::int64_t to_integer(double number) {
  constexpr double kBound = 9223372036854775808.0;  // 2^63
  if (std::isnan(number)) return 0;
  if (number >= kBound) return std::numeric_limits<std::int64_t>::max();
  return number < -kBound ? std::numeric_limits<std::int64_t>::min() : static_cast<std::int64_t>(number);
}

}  // namespace

Outcome<Json> read_answer(const HttpResponse& response, const TrackingServer& server, double timeout_s) {
  if (auto failure = explain(response, server, timeout_s)) return *std::move(failure);
  auto json = response.body.size() > kMaxAnswerBytes ? std::nullopt : try_parse_json(response.body);
  if (!json || !json->is_object()) return explain_garbage(response, server);
  return *std::move(json);
}

const Json& read_member(const Json& object, const char* key) {
  static const Json none;
  if (!object.is_object()) return none;
  const auto member = object.find(key);
  return member == object.end() ? none : *member;
}

std::string read_text(const Json& object, const char* key) {
  const Json& value = read_member(object, key);
  return value.is_string() ? value.get<std::string>() : "";
}

std::int64_t read_integer(const Json& object, const char* key) {
  const Json& value = read_member(object, key);
  if (value.is_number_float()) return to_integer(value.get<double>());
  if (value.is_number()) return value.get<std::int64_t>();
  std::int64_t number = 0;
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    std::from_chars(text.data(), text.data() + text.size(), number);
  }
  return number;
}

std::vector<KeyValue> read_pairs(const Json& object, const char* key) {
  std::vector<KeyValue> pairs;
  for (const Json& pair : read_member(object, key))
    pairs.emplace_back(read_text(pair, "key"), read_text(pair, "value"));
  return pairs;
}

Metric read_metric(const Json& metric) {
  return {read_text(metric, "key"), read_number(metric, "value"), read_integer(metric, "timestamp"),
          read_integer(metric, "step")};
}

RunInfo read_run(const Json& run) {
  const Json& info = read_member(run, "info");
  const Json& data = read_member(run, "data");
  RunInfo result;
  result.id = read_id(info, "run_id");
  result.experiment_id = read_id(info, "experiment_id");
  result.name = read_text(info, "run_name");
  result.status = read_text(info, "status");
  result.start_ms = read_integer(info, "start_time");
  result.end_ms = read_integer(info, "end_time");
  result.is_deleted = read_text(info, "lifecycle_stage") == "deleted";
  result.artifact_uri = read_text(info, "artifact_uri");
  for (const Json& metric : read_member(data, "metrics")) result.metrics.push_back(read_metric(metric));
  result.params = read_pairs(data, "params");
  result.tags = read_pairs(data, "tags");
  return result;
}

Experiment read_experiment(const Json& experiment) {
  return {read_id(experiment, "experiment_id"), read_text(experiment, "name"),
          read_text(experiment, "lifecycle_stage") == "deleted"};
}

ArtifactInfo read_artifact(const Json& file) {
  const Json& is_folder = read_member(file, "is_dir");
  return {read_text(file, "path"), is_folder.is_boolean() && is_folder.get<bool>(), read_integer(file, "file_size")};
}

}  // namespace assay::track
