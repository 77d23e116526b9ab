#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "track/delivery/multipart_upload.h"
#include "track/journal/journal_store.h"
#include "track/mlflow/mlflow_api.h"

namespace assay::track {

/// Says how far the uploads that go on have come; all 0 when there are none. Units: bytes.
struct UploadProgress {
  std::int64_t num_sent = 0;
  std::int64_t num_total = 0;
};

/// Uploads files over several connections at once: small ones side by side, then large ones in parts, where the server
/// takes these.
class Uploader {
 public:
  /// Opens up to `num_connections` connections of its own to the server of `api`, when they are needed, and as many to
  /// the object store behind it.
  Uploader(const MlflowApi& api, std::size_t num_connections, const MultipartPolicy& multipart = {});

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

  /// Uploads one file.
  Done upload(const std::string& artifact_uri, const LocalFile& file, const std::string& path);

  /// Returns how far it has come; from any thread.
  UploadProgress progress() const;

  /// Ends the current uploads and all later ones; from any thread.
  void abort();

 private:
  class Count;

  Result upload_one(MlflowApi& api, const RecordedRun& run, const WaitingFile& file);
  Done send(MlflowApi& api, const std::string& artifact_uri, const LocalFile& file, const std::string& path);

  std::vector<MlflowApi> connections_;
  MultipartUpload multipart_;  // one thread at a time

  std::atomic<std::int64_t> num_sent_ = 0;
  mutable std::mutex mutex_;
  std::int64_t num_total_ = 0;
  int num_going_on_ = 0;
};

}  // namespace assay::track
