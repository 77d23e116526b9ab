#include "track/read_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>

namespace assay::track {
namespace {

using Point = std::tuple<std::int64_t, std::int64_t, double, bool>;  // step, time, value, whether it is NaN

/// The server stores infinities as the largest numbers.
double as_stored(double value) {
  if (std::isnan(value)) return 0.0;
  return std::clamp(value, std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max());
}

/// Sorts points; what is logged twice is one point to the server.
std::vector<Point> sorted(const std::vector<Metric>& metrics) {
  std::vector<Point> points;
  points.reserve(metrics.size());
  for (const auto& metric : metrics)
    points.emplace_back(metric.step, metric.timestamp_ms, as_stored(metric.value), std::isnan(metric.value));
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

/// Counts what only the first has.
std::size_t count_missing(const std::vector<Point>& all, const std::vector<Point>& from) {
  std::vector<Point> missing;
  std::set_difference(all.begin(), all.end(), from.begin(), from.end(), std::back_inserter(missing));
  return missing.size();
}

/// `is_shared` says that others may have logged to the run too.
std::optional<std::string> compare_points(std::string_view key, const std::vector<Metric>& logged,
                                          const std::vector<Metric>& stored, bool is_shared) {
  const auto ours = sorted(logged);
  const auto theirs = sorted(stored);
  const auto num_missing = count_missing(ours, theirs);
  const auto num_strange = is_shared ? 0 : count_missing(theirs, ours);
  if (num_missing == 0 && num_strange == 0 && stored.size() == theirs.size()) return std::nullopt;
  return fmt::format("metric {}: {} of {} points missing, {} not logged, {} twice", key, num_missing, ours.size(),
                     num_strange, stored.size() - theirs.size());
}

void compare_pairs(std::string_view what, const std::map<std::string, std::string>& logged,
                   const std::vector<KeyValue>& stored, std::vector<std::string>& differences) {
  const std::map<std::string, std::string> theirs(stored.begin(), stored.end());
  for (const auto& [key, value] : logged) {
    const auto found = theirs.find(key);
    if (found == theirs.end()) {
      differences.push_back(fmt::format("{} {}: missing", what, key));
    } else if (to_wire(found->second) != to_wire(value)) {  // which replaces what is not UTF-8
      differences.push_back(fmt::format("{} {}: not as it was logged", what, key));
    }
  }
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::optional<Failure> compare_files(MlflowApi& api, const RecordedRun& run,
                                     const std::map<std::string, FileContent>& files,
                                     std::vector<std::string>& differences) {
  std::set<std::string> folders;
  for (const auto& [path, content] : files) folders.insert(folder_of(path));
  std::map<std::string, std::int64_t> sizes;
  for (const auto& folder : folders) {
    const auto listed = api.list_artifacts(run.run_id, folder);
    if (!listed) return listed.failure();
    for (const auto& file : *listed) sizes[file.path] = file.size_bytes;
  }
  for (const auto& [path, content] : files) {
    const auto found = sizes.find(path);
    if (found == sizes.end()) {
      differences.push_back(fmt::format("file {}: missing", path));
    } else if (found->second != content.size_bytes) {
      differences.push_back(fmt::format("file {}: {} bytes instead of {}", path, found->second, content.size_bytes));
    }
  }
  return std::nullopt;
}

}  // namespace

std::string format_manifest(const std::map<std::string, FileContent>& files) {
  Json list = Json::array();
  for (const auto& [path, content] : files)
    list.push_back({{"path", path}, {"size_bytes", content.size_bytes}, {"sha256", content.sha256}});
  return Json{{"files", std::move(list)}}.dump(2);
}

Outcome<std::vector<std::string>> read_back(MlflowApi& api, JournalStore& store, const RecordedRun& run) {
  std::vector<std::string> differences;
  const auto info = api.get_run(run.run_id);
  if (!info) return info.failure();
  compare_pairs("param", store.pairs(run.id, EntryKind::kParam), info->params, differences);
  auto tags = store.pairs(run.id, EntryKind::kTag);
  tags.insert(run.tags.begin(), run.tags.end());
  compare_pairs("tag", tags, info->tags, differences);
  const bool is_shared = !run.resume_id.empty() || run.status == RunStatus::kKilled;
  for (const auto& key : store.metric_keys(run.id)) {
    const auto stored = api.metric_history(run.run_id, key);
    if (!stored) return stored.failure();
    if (auto difference = compare_points(key, store.points(run.id, key), *stored, is_shared))
      differences.push_back(*std::move(difference));
  }
  if (auto failure = compare_files(api, run, store.delivered_files(run.id), differences)) return *std::move(failure);
  return differences;
}

}  // namespace assay::track
