#include "track/uploader.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <system_error>
#include <thread>

#include "core/error.h"
#include "core/sha256.h"

namespace assay::track {
namespace {

Uploader::Result upload_one(MlflowApi& api, const RecordedRun& run, const WaitingFile& file) {
  Uploader::Result result;
  try {
    result.content.sha256 = sha256_of_file(file.file);
    result.content.size_bytes = static_cast<std::int64_t>(std::filesystem::file_size(file.file));
  } catch (const std::exception& error) {
    result.done = rejection(error.what());
    return result;
  }
  result.is_skipped = file.delivered && file.delivered->sha256 == result.content.sha256;
  if (!result.is_skipped) result.done = api.upload_artifact(run.artifact_uri, file.file, file.path);
  return result;
}

}  // namespace

Uploader::Uploader(const MlflowApi& api, std::size_t num_connections) {
  for (std::size_t i = 0; i < num_connections; ++i) connections_.push_back(api.another());
}

void Uploader::upload(const RecordedRun& run, const std::vector<WaitingFile>& files,
                      const std::function<void(std::size_t, const Result&)>& on_result) {
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;
  std::exception_ptr error;
  const auto work = [&](MlflowApi& api) {
    for (auto i = next++; i < files.size(); i = next++) {
      const auto result = upload_one(api, run, files[i]);
      const std::lock_guard lock(mutex);
      try {
        on_result(i, result);
      } catch (...) {
        error = std::current_exception();
        next = files.size();
      }
      // After a failure of the connection or the server the others would wait for theirs in vain.
      if (!result.done && result.done.failure().kind != Failure::Kind::kRejected) next = files.size();
    }
  };
  std::vector<std::thread> threads;
  const auto num_threads = std::min(connections_.size(), files.size());
  for (std::size_t i = 1; i < num_threads; ++i) threads.emplace_back(work, std::ref(connections_[i]));
  work(connections_.front());
  for (auto& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

void Uploader::abort() {
  for (auto& connection : connections_) connection.abort();
}

}  // namespace assay::track
