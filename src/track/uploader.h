#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "track/journal_store.h"
#include "track/mlflow_api.h"

namespace assay::track {

/// Uploads files over several connections at once.
class Uploader {
 public:
  /// Opens up to `num_connections` connections of its own to the server of `api`, when they are needed.
  Uploader(const MlflowApi& api, std::size_t num_connections);

  /// Says what became of a file.
  struct Result {
    Done done = std::monostate{};
    FileContent content;      ///< what was hashed just before the upload
    bool is_skipped = false;  ///< the server has this very content already
  };

  /// Uploads files, which must have different paths, and calls `on_result` with each one's place in `files`: from any
  /// thread, one call at a time. A file of which the journal says that the same content was delivered under the same
  /// path is not sent again.
  void upload(const RecordedRun& run, const std::vector<WaitingFile>& files,
              const std::function<void(std::size_t, const Result&)>& on_result);

  /// Ends the current uploads and all later ones; from any thread.
  void abort();

 private:
  std::vector<MlflowApi> connections_;
};

}  // namespace assay::track
