#include "track/delivery/read_back.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

namespace assay::track {
namespace {

/// The server stores infinities as the largest numbers.
double as_stored(double value) {
  if (std::isnan(value)) return 0.0;
  return std::clamp(value, std::numeric_limits<double>::lowest(), std::numeric_limits<double>::max());
}

/// Counts what only the first has.
template <typename Point>
std::size_t count_missing(const std::vector<Point>& all, const std::vector<Point>& from) {
  std::vector<Point> missing;
  std::set_difference(all.begin(), all.end(), from.begin(), from.end(), std::back_inserter(missing));
  return missing.size();
}

void compare_pairs(std::string_view what, const std::map<std::string, std::string>& logged,
                   const std::vector<KeyValue>& stored, std::vector<std::string>& differences) {
  const std::map<std::string, std::string> theirs(stored.begin(), stored.end());
  for (const auto& [key, value] : logged) {
    const auto found = theirs.find(key);
    if (found == theirs.end()) {
      differences.push_back(fmt::format("{} {}: missing", what, key));
    } else if (format_json(found->second) != format_json(value)) {  // which replaces what is not UTF-8
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
  return format_json(Json{{"files", std::move(list)}}, 2);
}

ReadBack::ReadBack(JournalStore& store, const RecordedRun& run) : run_(run), files_(store.delivered_files(run.id)) {
  store.visit_points(run.id, [this](const Metric& point) { points_[point.key].push_back(to_point(point)); });
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
  } else if (!points_.empty()) {
    const auto first = points_.begin();
    done = compare_metric(api, first->first, first->second);
    if (done) points_.erase(first);
  } else if (num_folders_ < folders_.size()) {
    done = list_folder(api, folders_[num_folders_]);
    if (done) ++num_folders_;
  } else if (!is_told_) {
    if (!std::exchange(has_files_, true)) {
      compare_files();
      const auto counts = store.count(run_.id);
      if (counts.refused > 0)
        differences_.push_back(fmt::format("{} entries refused: {}", counts.refused, counts.first_refusal));
    }
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

ReadBack::Point ReadBack::to_point(const Metric& metric) {
  return {metric.step, metric.timestamp_ms, as_stored(metric.value), std::isnan(metric.value)};
}

void ReadBack::sort_and_unite(std::vector<Point>& points) {
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
}

Done ReadBack::compare_metric(MlflowApi& api, const std::string& key, std::vector<Point>& ours) {
  const auto stored = api.metric_history(run_.run_id, key);
  if (!stored) return stored.failure();
  std::vector<Point> theirs(stored->size());
  std::transform(stored->begin(), stored->end(), theirs.begin(), to_point);
  sort_and_unite(ours);
  sort_and_unite(theirs);
  const bool is_shared = !run_.resume_id.empty() || run_.status == RunStatus::kKilled;  // others may have logged too
  if (!run_.resume_id.empty()) {  // of a step that was there before, the point that was there stays
    std::set<std::int64_t> steps;
    for (const auto& point : theirs) steps.insert(std::get<0>(point));
    std::erase_if(ours, [&](const Point& point) { return steps.contains(std::get<0>(point)); });
  }
  const auto num_missing = count_missing(ours, theirs);
  const auto num_strange = is_shared ? 0 : count_missing(theirs, ours);
  const auto num_twice = stored->size() - theirs.size();
  if (num_missing + num_strange + num_twice > 0) {
    differences_.push_back(fmt::format("metric {}: {} of {} points missing, {} not logged, {} twice", key, num_missing,
                                       ours.size(), num_strange, num_twice));
  }
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
