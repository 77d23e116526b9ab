#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "core/error.h"
#include "core/system_file.h"
#include "track/entities.h"
#include "track/system_metrics.h"

namespace assay::track {
namespace {

constexpr const char* kEnable = "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING";
constexpr const char* kInterval = "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL";
constexpr const char* kSamples = "MLFLOW_SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING";
constexpr const char* kNode = "MLFLOW_SYSTEM_METRICS_NODE_ID";

std::string environment(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

[[noreturn]] void refuse(const char* name, std::string_view value, std::string_view wanted) {
  throw Error(ErrorKind::kConfig, fmt::format("`{}` is not {}", value, wanted),
              fmt::format("environment variable {}", name));
}

bool parse_switch(const std::string& value) {
  auto word = value;
  std::transform(word.begin(), word.end(), word.begin(),
                 [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
  if (word == "true" || word == "1") return true;
  if (word == "false" || word == "0") return false;
  refuse(kEnable, value, "true, false, 1 or 0");
}

double parse_interval(const std::string& value) {
  constexpr double kLongest = 1e6;  // seconds; a wait must fit the clock
  char* end = nullptr;
  const double seconds = std::strtod(value.c_str(), &end);
  if (*end != '\0' || !(seconds > 0.0) || seconds > kLongest)
    refuse(kInterval, value, "a number of seconds above 0 and up to 1,000,000");
  return seconds;
}

int parse_samples(const std::string& value) {
  constexpr std::int64_t kMost = 1'000'000;
  const auto count = parse_count(value);
  if (!count || *count < 1 || *count > kMost) refuse(kSamples, value, "a number of samples from 1 to 1,000,000");
  return static_cast<int>(*count);
}

std::string parse_node(const std::string& value) {
  constexpr std::size_t kLongest = 100;  // leaves a key room for the metric's own name
  const auto fault = find_key_fault(value);
  if (!fault.empty()) refuse(kNode, value, fmt::format("a part of a metric's name: {}", fault));
  if (value.size() > kLongest) refuse(kNode, value, "at most 100 characters long");
  return value;
}

}  // namespace

SystemMetricsOptions system_metrics_from_environment(SystemMetricsOptions options) {
  if (const auto value = environment(kEnable); !value.empty()) {
    options.enabled = parse_switch(value);
    options.explain_absent_gpus = options.enabled;
  }
  if (const auto value = environment(kInterval); !value.empty()) options.interval_s = parse_interval(value);
  if (const auto value = environment(kSamples); !value.empty()) options.samples_before_logging = parse_samples(value);
  if (const auto value = environment(kNode); !value.empty()) options.node_id = parse_node(value);
  return options;
}

}  // namespace assay::track
