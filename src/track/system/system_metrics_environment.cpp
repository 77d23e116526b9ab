#include <fmt/format.h>

#include "core/error.h"
#include "track/entities.h"
#include "track/mlflow/environment.h"
#include "track/system/system_metrics.h"

namespace assay::track {
namespace {

constexpr const char* kEnable = "MLFLOW_ENABLE_SYSTEM_METRICS_LOGGING";
constexpr const char* kInterval = "MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL";
constexpr const char* kSamples = "MLFLOW_SYSTEM_METRICS_SAMPLES_BEFORE_LOGGING";
constexpr const char* kNode = "MLFLOW_SYSTEM_METRICS_NODE_ID";

[[noreturn]] void refuse(const char* name, std::string_view value, std::string_view wanted) {
  throw Error(ErrorKind::kConfig, fmt::format("`{}` is not {}", value, wanted),
              fmt::format("environment variable {}", name));
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
  constexpr double kShortest = 1e-3;  // seconds
  constexpr double kMost = 1e6;       // seconds, or samples; a wait must fit the clock
  if (!environment_text(kEnable).empty()) {
    options.enabled = environment_flag(kEnable, options.enabled);
    options.explain_absent_gpus = options.enabled;
  }
  if (const auto interval_s = environment_number(kInterval, kShortest, kMost)) options.interval_s = *interval_s;
  options.samples_before_logging = static_cast<int>(
      environment_count(kSamples, 1, static_cast<std::int64_t>(kMost)).value_or(options.samples_before_logging));
  if (const auto node = environment_text(kNode); !node.empty()) options.node_id = parse_node(node);
  return options;
}

}  // namespace assay::track
