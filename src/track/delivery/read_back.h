#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "track/journal/journal_store.h"
#include "track/mlflow/mlflow_api.h"

namespace assay::track {

/// Path inside a run of the list of its files with their sizes and hashes.
inline constexpr std::string_view kManifestPath = "manifest.json";

/// Formats that list as JSON.
std::string format_manifest(const std::map<std::string, FileContent>& files);

/// Reads everything of a run back from the server and compares it with the journal: each point of each metric, params,
/// tags, and the files' sizes; lists the files for whoever comes later, and tags the run with the verdict. What others
/// added to the run under other names does not count. One request at a time: repeating all before it would let a server
/// that fails now and then keep a run open for ever.
class ReadBack {
 public:
  ReadBack(JournalStore& store, const RecordedRun& run);

  /// Makes the next request. Returns whether all is done.
  Outcome<bool> advance(MlflowApi& api, JournalStore& store);

  /// Returns kVerified when the server has all of the run, and nothing twice, else the differences. Meaningful once all
  /// is done.
  std::string verdict() const;

 private:
  using Point = std::tuple<std::int64_t, std::int64_t, double, bool>;  ///< step, time, value, whether it is NaN

  /// Makes a point as the server keeps it.
  static Point to_point(const Metric& metric);

  /// Sorts points; what is logged twice is one point to the server.
  static void sort_and_unite(std::vector<Point>& points);

  Done compare_pairs_of_run(MlflowApi& api, JournalStore& store);
  Done compare_metric(MlflowApi& api, const std::string& key, std::vector<Point>& ours);
  Done list_folder(MlflowApi& api, const std::string& folder);
  void compare_files();

  const RecordedRun run_;
  const std::map<std::string, FileContent> files_;    // by path
  std::map<std::string, std::vector<Point>> points_;  // that are not compared yet, by key
  std::vector<std::string> folders_;
  std::map<std::string, std::int64_t> sizes_;  // on the server, by path
  std::vector<std::string> differences_;

  bool has_manifest_ = false;
  bool has_pairs_ = false;
  bool is_told_ = false;         // to the server, by a tag
  bool has_files_ = false;       // compared
  std::size_t num_folders_ = 0;  // listed
};

}  // namespace assay::track
