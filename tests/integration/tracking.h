#pragma once

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "temporary_folder.h"
#include "track/mlflow/mlflow_api.h"
#include "track/tracker.h"

namespace assay::track {

/// Makes a tracker of any backend; `uri` only for those with a server, options in seconds.
inline std::unique_ptr<Tracker> tracker_of(const std::string& backend, const std::string& uri = "",
                                           const std::map<std::string, double>& options = {}) {
  const config::Origin origin{"run.toml", 1, 1};
  config::Table table;
  table.set("name", config::Value(backend, origin));
  if (!uri.empty()) table.set("uri", config::Value(uri, origin));
  for (const auto& [key, value] : options) table.set(key, config::Value(value, origin));
  return make_tracker(config::Section(table, "track", origin));
}

/// Makes an MLflow tracker for a server.
inline std::unique_ptr<Tracker> tracker_for(const std::string& url, const std::map<std::string, double>& options = {}) {
  return tracker_of("mlflow", url, options);
}

/// Describes a run whose record folder is removed at the end of the test program.
inline RunStart start_of(const std::string& experiment, const std::string& name, std::vector<KeyValue> tags = {}) {
  static const TemporaryFolder all;
  static int number = 0;
  return {experiment, name, std::move(tags), all.path() / std::to_string(number++)};
}

/// Opens the REST API for reading back.
inline MlflowApi api_for(const std::string& url) { return MlflowApi(find_tracking_server(url, "test"), {}); }

inline std::map<std::string, std::string> as_map(const std::vector<KeyValue>& pairs) {
  return {pairs.begin(), pairs.end()};
}

/// Captures spdlog's output during its lifetime.
class CapturedLog {
 public:
  CapturedLog() : previous_(spdlog::default_logger()) {
    spdlog::set_default_logger(
        std::make_shared<spdlog::logger>("captured", std::make_shared<spdlog::sinks::ostream_sink_mt>(stream_)));
  }
  ~CapturedLog() { spdlog::set_default_logger(previous_); }

  std::string text() const { return stream_.str(); }

  int count(std::string_view part) const {
    const auto all = text();
    int count = 0;
    for (auto at = all.find(part); at != std::string::npos; at = all.find(part, at + 1)) ++count;
    return count;
  }

 private:
  std::shared_ptr<spdlog::logger> previous_;
  std::ostringstream stream_;
};

}  // namespace assay::track
