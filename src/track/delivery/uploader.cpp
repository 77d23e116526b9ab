#include "track/delivery/uploader.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <mutex>
#include <numeric>
#include <system_error>

#include "core/sha256.h"
#include "track/delivery/work_sharing.h"

namespace assay::track {
namespace {

/// Returns 0 for a file that is not there, which its upload will tell.
std::int64_t size_of(const LocalFile& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file.path, error);
  return error ? 0 : static_cast<std::int64_t>(size);
}

}  // namespace

/// Counts a file among those that go on.
class Uploader::Count {
 public:
  Count(Uploader& uploader, std::int64_t size) : uploader_(uploader) {
    const std::lock_guard lock(uploader_.mutex_);
    uploader_.num_total_ += size;
    ++uploader_.num_going_on_;
  }
  ~Count() {
    const std::lock_guard lock(uploader_.mutex_);
    if (--uploader_.num_going_on_ > 0) return;
    uploader_.num_total_ = 0;
    uploader_.num_sent_ = 0;
  }
  Count(const Count&) = delete;
  Count& operator=(const Count&) = delete;

 private:
  Uploader& uploader_;
};

Uploader::Uploader(const MlflowApi& api, std::size_t num_connections, const MultipartPolicy& multipart)
    : multipart_(api, multipart, num_connections) {
  for (std::size_t i = 0; i < num_connections; ++i) connections_.push_back(api.another());
}

Done Uploader::send(MlflowApi& api, const std::string& artifact_uri, const LocalFile& file, const std::string& path) {
  const auto size = size_of(file);
  const Count count(*this, size);
  if (multipart_.is_large(size)) {
    const auto is_stored = multipart_.upload(artifact_uri, file, path, num_sent_);
    if (!is_stored || *is_stored) return done(is_stored);
  }
  return api.upload_artifact(artifact_uri, file, path, &num_sent_);
}

Done Uploader::upload(const std::string& artifact_uri, const LocalFile& file, const std::string& path) {
  return send(connections_.front(), artifact_uri, file, path);
}

Uploader::Result Uploader::upload_one(MlflowApi& api, const RecordedRun& run, const WaitingFile& file) {
  Result result;
  UploadSource source(file.file);
  Sha256 hash;
  std::array<char, 1 << 16> buffer{};
  while (source.error().empty()) {
    const auto count = source.read(buffer.data(), buffer.size());
    if (count == 0) break;
    hash.update({buffer.data(), count});
  }
  if (!source.error().empty()) {
    result.done = rejection(fmt::format("{}: the file cannot be read: {}", file.file.path.string(), source.error()));
    return result;
  }
  result.content = {source.size_bytes(), hash.finish()};
  result.is_skipped = file.delivered && file.delivered->sha256 == result.content.sha256;
  if (!result.is_skipped) result.done = send(api, run.artifact_uri, file.file, file.path);
  return result;
}

void Uploader::upload(const RecordedRun& run, const std::vector<WaitingFile>& files,
                      const std::function<void(std::size_t, const Result&)>& on_result) {
  std::mutex mutex;
  bool goes_on = true;
  const auto work = [&](MlflowApi& api, std::size_t i) {
    const auto result = upload_one(api, run, files[i]);
    const std::lock_guard lock(mutex);
    on_result(i, result);
    // After a failure of the connection or the server the others would wait for theirs in vain.
    goes_on = goes_on && (result.done || result.done.failure().kind == Failure::Kind::kRejected);
    return goes_on;
  };
  std::vector<std::size_t> places(files.size());
  std::iota(places.begin(), places.end(), 0);
  const auto first_large = std::stable_partition(
      places.begin(), places.end(), [&](std::size_t i) { return !multipart_.is_large(size_of(files[i].file)); });
  const auto num_small = static_cast<std::size_t>(first_large - places.begin());
  share_work(connections_, num_small, [&](MlflowApi& api, std::size_t i) { return work(api, places[i]); });
  for (auto i = num_small; i < places.size() && goes_on; ++i) work(connections_.front(), places[i]);
}

UploadProgress Uploader::progress() const {
  const std::lock_guard lock(mutex_);
  return {num_sent_, num_total_};
}

void Uploader::abort() {
  for (auto& connection : connections_) connection.abort();
  multipart_.abort();
}

}  // namespace assay::track
