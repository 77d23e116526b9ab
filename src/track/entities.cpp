#include "track/entities.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"

namespace assay::track {
namespace {

constexpr std::size_t kMaxKeyLength = 250;
constexpr std::size_t kMaxNameLength = 500;

bool is_alphanumeric(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }
bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += is_continuation(c) ? 0 : 1;
  return count;
}

/// Returns the bytes taken by the first `length` characters.
std::size_t prefix_bytes(std::string_view text, std::size_t length) {
  std::size_t position = 0;
  for (; position < text.size(); ++position) {
    if (is_continuation(text[position])) continue;
    if (length == 0) break;
    --length;
  }
  return position;
}

/// Says what is wrong with a relative path of MLflow's, or nothing.
std::string_view path_fault(std::string_view path) {
  if (path.empty()) return "it is empty";
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const auto end = std::min(path.find('/', begin), path.size());
    const auto part = path.substr(begin, end - begin);
    if (part.empty()) return "it begins or ends with a slash, or has two in a row";
    if (part == "." || part == "..") return "`.` and `..` are not allowed as parts";
    begin = end + 1;
  }
  return {};
}

std::vector<KeyValue> decode_pairs(const Json& array) {
  std::vector<KeyValue> pairs;
  for (const Json& pair : array) pairs.emplace_back(pair.at("key"), pair.at("value"));
  return pairs;
}

/// Says whether the registry keeps an alias for itself: "latest" and "v7", in any case.
bool is_reserved_alias(std::string alias) {
  std::transform(alias.begin(), alias.end(), alias.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return alias == "latest" ||
         (alias.size() > 1 && alias[0] == 'v' && alias.find_first_not_of("0123456789", 1) == std::string::npos);
}

[[noreturn]] void refuse_description(std::string_view what, const Json::exception& error) {
  throw Error(ErrorKind::kData, fmt::format("journal: this describes no {}: {}", what, error.what()));
}

bool is_alias(std::string_view alias) {
  return !alias.empty() && std::all_of(alias.begin(), alias.end(), [](char c) {
    return is_alphanumeric(c) || c == '_' || c == '-' || !is_ascii(c);
  });
}

[[noreturn]] void refuse(std::string_view what, std::string_view name, std::string_view fault) {
  throw Error(ErrorKind::kInternal, fmt::format("{} `{}` cannot be tracked: {}", what, name, fault));
}

}  // namespace

std::string_view find_key_fault(std::string_view key) {
  if (count_characters(key) > kMaxKeyLength) return "it is longer than 250 characters";
  for (const char c : key) {
    // Letters beyond ASCII are fine; which ones is left to the server.
    const bool allowed =
        is_alphanumeric(c) || !is_ascii(c) || std::string_view("_-. :/").find(c) != std::string_view::npos;
    if (!allowed) return "only letters, digits and _ - . : / and spaces are allowed";
  }
  return path_fault(key);
}

void check_key(std::string_view what, std::string_view key) {
  const auto fault = find_key_fault(key);
  if (!fault.empty())
    throw Error(ErrorKind::kInternal, fmt::format("{} key `{}` cannot be tracked: {}", what, key, fault));
}

std::vector<KeyValue> take_new_params(const std::vector<KeyValue>& params, std::map<std::string, std::string>& known) {
  std::vector<KeyValue> fresh;
  for (const auto& [key, value] : params) {
    check_key("param", key);
    const auto [entry, is_new] = known.emplace(key, cut_text(value, kMaxParamLength));
    if (is_new) {
      fresh.emplace_back(*entry);
    } else if (entry->second != cut_text(value, kMaxParamLength)) {
      throw Error(ErrorKind::kInternal, fmt::format("param `{}` is logged twice with different values: `{}`, then `{}`",
                                                    key, entry->second, value));
    }
  }
  return fresh;
}

void check_open(bool is_finished, std::string_view run_name) {
  if (is_finished) refuse("something more of run", run_name, "it has ended");
}

void check_artifact_path(std::string_view path) {
  auto fault = path_fault(path);
  if (path.find_first_of("#\\") != std::string_view::npos) fault = "# and \\ are not allowed";
  if (!fault.empty())
    throw Error(ErrorKind::kInternal, fmt::format("artifact path `{}` cannot be tracked: {}", path, fault));
}

Json to_json(const DatasetInput& dataset) {
  return {{"name", dataset.name},       {"digest", dataset.digest},
          {"context", dataset.context}, {"source_type", dataset.source_type},
          {"source", dataset.source},   {"schema", dataset.schema},
          {"profile", dataset.profile}};
}

DatasetInput dataset_from(const Json& json) try {
  return {json.at("name"),   json.at("digest"), json.at("context"), json.at("source_type"),
          json.at("source"), json.at("schema"), json.at("profile")};
} catch (const Json::exception& error) {
  refuse_description("dataset", error);
}

Json to_json(const LoggedModel& model) {
  return {{"name", model.name},
          {"folder", model.folder.string()},
          {"type", model.type},
          {"step", model.step},
          {"params", encode_pairs(model.params)},
          {"tags", encode_pairs(model.tags)},
          {"registered_name", model.registered_name},
          {"aliases", model.aliases}};
}

LoggedModel model_from(const Json& json) try {
  return {json.at("name"),
          json.at("folder").get<std::string>(),
          json.at("type"),
          json.at("step"),
          decode_pairs(json.at("params")),
          decode_pairs(json.at("tags")),
          json.at("registered_name"),
          json.at("aliases")};
} catch (const Json::exception& error) {
  refuse_description("model", error);
}

void check_dataset(const DatasetInput& dataset) {
  constexpr std::size_t kMaxDigestLength = 36;
  if (dataset.name.empty() || count_characters(dataset.name) > kMaxNameLength)
    refuse("dataset", dataset.name, "a name has 1 to 500 characters");
  if (dataset.digest.empty() || dataset.digest.size() > kMaxDigestLength)
    refuse("dataset", dataset.name, "a digest has 1 to 36 characters");
  if (dataset.context.empty()) refuse("dataset", dataset.name, "its context is missing, such as `training`");
}

void check_model(const LoggedModel& model) {
  if (model.name.empty() || model.name.find_first_of("/:.%\"'") != std::string::npos)
    refuse("model", model.name, "a name is not empty and holds none of / : . % \" '");
  for (const auto& [key, value] : model.params) check_key("param", key);
  for (const auto& [key, value] : model.tags) check_key("tag", key);
  if (model.registered_name.find_first_of("/:") != std::string::npos)
    refuse("registered model", model.registered_name, "a name holds neither / nor :");
  for (const auto& alias : model.aliases) {
    if (model.registered_name.empty()) refuse("alias", alias, "only a registered model has aliases");
    if (!is_alias(alias)) refuse("alias", alias, "only letters, digits, _ and - are allowed");
    if (is_reserved_alias(alias)) refuse("alias", alias, "MLflow keeps `latest` and `v<number>` for itself");
  }
}

std::string find_value(const std::vector<KeyValue>& pairs, std::string_view key) {
  const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const KeyValue& pair) { return pair.first == key; });
  return found == pairs.end() ? "" : found->second;
}

std::string cut_text(std::string_view text, std::size_t max_length) {
  if (text.size() <= max_length) return std::string(text);
  const auto length = count_characters(text);
  if (length <= max_length) return std::string(text);
  const auto marker = fmt::format("... [cut, {} characters in all]", length);
  return std::string(text.substr(0, prefix_bytes(text, max_length - marker.size()))) + marker;
}

std::size_t wire_bytes(const Metric& metric) { return metric.key.size() + 110; }
// A control character takes six bytes at worst, but values are text: twice is the usual escape.
std::size_t wire_bytes(const KeyValue& pair) { return 2 * (pair.first.size() + pair.second.size()) + 30; }

Json encode_value(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  return value;
}

Json encode_pairs(const std::vector<KeyValue>& pairs, std::size_t max_length) {
  Json array = Json::array();
  for (const auto& [key, value] : pairs) array.push_back({{"key", key}, {"value", cut_text(value, max_length)}});
  return array;
}

Json encode_batch(const Batch& batch, std::string_view run_id) {
  Json metrics = Json::array();
  for (const Metric& metric : batch.metrics) {
    metrics.push_back({{"key", metric.key},
                       {"value", encode_value(metric.value)},
                       {"timestamp", metric.timestamp_ms},
                       {"step", metric.step}});
  }
  return {{"run_id", run_id},
          {"metrics", std::move(metrics)},
          {"params", encode_pairs(batch.params)},
          {"tags", encode_pairs(batch.tags)}};
}

}  // namespace assay::track
