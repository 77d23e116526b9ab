#include "track/mlflow/environment.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include "config/grammar_text.h"
#include "core/error.h"
#include "core/json.h"
#include "track/entities.h"

namespace assay::track {
namespace {

constexpr double kLongestTimeout = 3600.0;
constexpr double kLongestDelay = 120.0;    // MLflow's limit of the factor
constexpr std::int64_t kMostRetries = 10;  // MLflow's
// Of object stores. Source: Amazon S3 user guide, multipart upload limits.
constexpr std::int64_t kSmallestPart = std::int64_t{5} << 20;
constexpr std::int64_t kLargestPart = std::int64_t{5} << 30;
constexpr std::int64_t kLargestFile = std::int64_t{1} << 53;

[[noreturn]] void refuse(const char* name, const std::string& value, const std::string& accepted) {
  throw Error(ErrorKind::kConfig, fmt::format("{}=\"{}\" is not accepted", name, value),
              fmt::format("environment variable {}", name), fmt::format("set it to {}, or unset it", accepted));
}

std::optional<double> read_number(const char* name, double least, double most, const std::string& accepted) {
  const auto value = environment_text(name);
  if (value.empty()) return std::nullopt;
  char* end = nullptr;
  const double number = std::strtod(value.c_str(), &end);
  const bool is_number = end == value.c_str() + value.size() && std::isfinite(number);
  if (!is_number || number < least || number > most) refuse(name, value, accepted);
  return number;
}

std::filesystem::path existing_path(const char* name, const std::string& accepted) {
  const auto text = environment_text(name);
  if (text.empty()) return {};
  std::error_code error;
  if (!std::filesystem::exists(text, error)) refuse(name, text, accepted + " that exists");
  return text;
}

/// The value may hold what no message should show.
[[noreturn]] void refuse_context(const std::string& fault) {
  throw Error(ErrorKind::kConfig, fault, "environment variable MLFLOW_RUN_CONTEXT",
              R"(write it as {"KEY": "VALUE"}, or unset it)");
}

void check_context_key(const std::string& key) {
  try {
    check_key("tag", key);
  } catch (const Error& error) {
    refuse_context(error.message());
  }
}

std::vector<KeyValue> context_tags() {
  const auto text = environment_text("MLFLOW_RUN_CONTEXT");
  std::vector<KeyValue> tags;
  if (text.empty()) return tags;
  const auto json = try_parse_json(text).value_or(Json());
  if (!json.is_object()) refuse_context("MLFLOW_RUN_CONTEXT is no JSON object of tags");
  for (const auto& [key, value] : json.items()) {
    check_context_key(key);
    tags.emplace_back(key, value.is_string() ? value.get<std::string>() : format_json(value));
  }
  return tags;
}

}  // namespace

std::string environment_text(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

bool environment_flag(const char* name, bool otherwise) {
  const auto value = environment_text(name);
  if (value.empty()) return otherwise;
  if (config::equals_ignoring_case(value, "true") || value == "1") return true;
  if (config::equals_ignoring_case(value, "false") || value == "0") return false;
  refuse(name, value, "true, false, 1 or 0");
}

std::optional<double> environment_number(const char* name, double least, double most) {
  return read_number(name, least, most, fmt::format("a number between {:g} and {:g}", least, most));
}

std::optional<std::int64_t> environment_count(const char* name, std::int64_t least, std::int64_t most) {
  const auto accepted = fmt::format("a whole number between {} and {}", least, most);
  const auto number = read_number(name, static_cast<double>(least), static_cast<double>(most), accepted);
  if (!number) return std::nullopt;
  if (*number != std::floor(*number)) refuse(name, environment_text(name), accepted);
  return static_cast<std::int64_t>(*number);
}

TlsOptions environment_tls() {
  TlsOptions tls;
  tls.verify = !environment_flag("MLFLOW_TRACKING_INSECURE_TLS", false);
  tls.authorities = existing_path("MLFLOW_TRACKING_SERVER_CERT_PATH", "a file or folder of PEM certificates");
  tls.client_certificate =
      existing_path("MLFLOW_TRACKING_CLIENT_CERT_PATH", "a PEM file with a certificate and its key");
  if (!tls.verify && !tls.authorities.empty()) {
    throw Error(
        ErrorKind::kConfig,
        "MLFLOW_TRACKING_INSECURE_TLS and MLFLOW_TRACKING_SERVER_CERT_PATH are both set and contradict each other",
        "environment", "unset MLFLOW_TRACKING_INSECURE_TLS to have the server's certificate verified");
  }
  return tls;
}

std::string environment_workspace() {
  auto workspace = environment_text("MLFLOW_WORKSPACE");
  const auto is_control = [](unsigned char c) { return std::iscntrl(c) != 0; };
  if (std::any_of(workspace.begin(), workspace.end(), is_control))
    refuse("MLFLOW_WORKSPACE", "...", "a name without control characters");
  return workspace;
}

HttpOptions environment_http_options() {
  HttpOptions options;
  constexpr double kShortestTimeout = 0.05;
  options.request_timeout_s = environment_number("MLFLOW_HTTP_REQUEST_TIMEOUT", kShortestTimeout, kLongestTimeout)
                                  .value_or(options.request_timeout_s);
  return options;
}

RetryPolicy environment_retry_policy() {
  RetryPolicy policy;
  policy.first_delay_s =
      environment_number("MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR", 0.0, kLongestDelay).value_or(policy.first_delay_s);
  policy.jitter_s = environment_number("MLFLOW_HTTP_REQUEST_BACKOFF_JITTER", 0.0, kLongestDelay);
  if (const auto count = environment_count("MLFLOW_HTTP_REQUEST_MAX_RETRIES", 0, kMostRetries))
    policy.max_retries = static_cast<int>(*count);
  policy.respects_retry_after = environment_flag("MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER", true);
  return policy;
}

MultipartPolicy environment_multipart_policy() {
  MultipartPolicy policy;
  constexpr auto kSwitch = "MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD";
  if (!environment_text(kSwitch).empty()) policy.enabled = environment_flag(kSwitch, false);
  policy.least_file_size =
      environment_count("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", 0, kLargestFile).value_or(policy.least_file_size);
  policy.part_size =
      environment_count("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", kSmallestPart, kLargestPart).value_or(policy.part_size);
  policy.verifies_store = !environment_flag("MLFLOW_S3_IGNORE_TLS", false);
  return policy;
}

std::string environment_no_proxy() {
  auto hosts = environment_text("no_proxy");
  if (hosts.empty()) hosts = environment_text("NO_PROXY");
  if (hosts == "*") return hosts;
  return "localhost,127.0.0.1,::1" + (hosts.empty() ? "" : "," + hosts);
}

RunEnvironment environment_of_runs() {
  return {environment_text("MLFLOW_EXPERIMENT_NAME"), environment_text("MLFLOW_EXPERIMENT_ID"),
          environment_text("MLFLOW_RUN_ID"), context_tags()};
}

void forget_run_id() { ::unsetenv("MLFLOW_RUN_ID"); }

}  // namespace assay::track
