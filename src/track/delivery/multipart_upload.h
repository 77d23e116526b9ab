#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "track/mlflow/backoff.h"
#include "track/mlflow/multipart_api.h"
#include "track/mlflow/multipart_policy.h"

namespace assay::track {

/// Uploads large files in parts, several at once, straight to the object store behind the server. Each part's address
/// is its permission: no login, client's certificate or header meant for the server goes to the store. A part that is
/// not taken is sent again a few times; then the store forgets all parts.
class MultipartUpload {
 public:
  MultipartUpload(const MlflowApi& api, MultipartPolicy policy, std::size_t num_connections);

  /// Says whether a file of this size might go in parts.
  bool is_large(std::int64_t size_bytes) const { return size_bytes > 0 && size_bytes >= policy_.least_file_size; }

  /// Stores a large file. Returns false when it should go in one request instead: the server takes no parts, or the
  /// store cannot be reached from here or does not take them, which is told in a warning. `num_sent` counts bytes.
  Outcome<bool> upload(const std::string& artifact_uri, const LocalFile& file, std::string_view path,
                       std::atomic<std::int64_t>& num_sent);

  /// Ends the current upload and all later ones; from any thread.
  void abort();

 private:
  struct Job;

  Outcome<bool> is_offered(const std::string& artifact_uri);
  bool send_parts(Job& job);

  /// Returns why the part was given up, or nothing.
  std::optional<Failure> send_part(HttpClient& store, Job& job, std::size_t i);

  /// Waits before a part is sent again. Returns false once abort() was called.
  bool await_retry(SteadyTime time);
  bool is_aborted();

  const MultipartPolicy policy_;
  MlflowApi api_;
  MlflowApi closing_;  // not ended by abort(), so that the store is told to forget the parts
  std::vector<HttpClient> stores_;
  std::optional<bool> is_offered_;  // once the server was asked

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_aborted_ = false;
};

}  // namespace assay::track
