#include "track/read_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

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

}  // namespace

std::string format_manifest(const std::map<std::string, FileContent>& files) {
  Json list = Json::array();
  for (const auto& [path, content] : files)
    list.push_back({{"path", path}, {"size_bytes", content.size_bytes}, {"sha256", content.sha256}});
  return Json{{"files", std::move(list)}}.dump(2);
}

ReadBack::ReadBack(JournalStore& store, const RecordedRun& run)
    : run_(run), files_(store.delivered_files(run.id)), keys_(store.metric_keys(run.id)) {
  std::set<std::string> folders;
  for (const auto& [path, content] : files_) folders.insert(folder_of(path));
  folders_.assign(folders.begin(), folders.end());
}

Outcome<bool> ReadBack::advance(MlflowApi& api, JournalStore& store) {
  Done done = std::monostate{};
  if (!has_manifest_ && !files_.empty()) {
    done = api.upload_text(run_.artifact_uri, format_manifest(files_), kManifestPath);
    has_manifest_ = static_cast<bool>(done);
  } else if (!has_pairs_) {
    done = compare_pairs_of_run(api, store);
    has_pairs_ = static_cast<bool>(done);
  } else if (num_keys_ < keys_.size()) {
    done = compare_metric(api, store, keys_[num_keys_]);
    if (done) ++num_keys_;
  } else if (num_folders_ < folders_.size()) {
    done = list_folder(api, folders_[num_folders_]);
    if (done) ++num_folders_;
  } else if (!is_told_) {
    if (!std::exchange(has_files_, true)) compare_files();
    done = api.set_tag(run_.run_id, "assay.delivery", verdict());
    is_told_ = static_cast<bool>(done);
  } else {
    return true;
  }
  if (!done) return done.failure();
  return false;
}

std::string ReadBack::verdict() const {
  return differences_.empty() ? std::string(kVerified) : fmt::format("{}", fmt::join(differences_, "; "));
}

Done ReadBack::compare_pairs_of_run(MlflowApi& api, JournalStore& store) {
  const auto info = api.get_run(run_.run_id);
  if (!info) return info.failure();
  compare_pairs("param", store.pairs(run_.id, EntryKind::kParam), info->params, differences_);
  auto tags = store.pairs(run_.id, EntryKind::kTag);
  // Of a run that goes on, MLflow's own tags stay those of its begin.
  if (run_.resume_id.empty()) tags.insert(run_.tags.begin(), run_.tags.end());
  compare_pairs("tag", tags, info->tags, differences_);
  return std::monostate{};
}

Done ReadBack::compare_metric(MlflowApi& api, JournalStore& store, const std::string& key) {
  const bool is_shared = !run_.resume_id.empty() || run_.status == RunStatus::kKilled;
  const auto stored = api.metric_history(run_.run_id, key);
  if (!stored) return stored.failure();
  if (auto difference = compare_points(key, store.points(run_.id, key), *stored, is_shared))
    differences_.push_back(*std::move(difference));
  return std::monostate{};
}

Done ReadBack::list_folder(MlflowApi& api, const std::string& folder) {
  const auto listed = api.list_artifacts(run_.run_id, folder);
  if (!listed) return listed.failure();
  for (const auto& file : *listed) sizes_[file.path] = file.size_bytes;
  return std::monostate{};
}

void ReadBack::compare_files() {
  for (const auto& [path, content] : files_) {
    const auto found = sizes_.find(path);
    if (found == sizes_.end()) {
      differences_.push_back(fmt::format("file {}: missing", path));
    } else if (found->second != content.size_bytes) {
      differences_.push_back(fmt::format("file {}: {} bytes instead of {}", path, found->second, content.size_bytes));
    }
  }
}

}  // namespace assay::track
