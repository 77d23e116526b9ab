#include "track/delivery/multipart_upload.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <random>
#include <utility>

#include "track/delivery/work_sharing.h"
#include "track/mlflow/backoff.h"

namespace assay::track {
namespace {

constexpr std::int64_t kMostParts = 10'000;  // of object stores
constexpr int kMostAttempts = 5;             // of one part, within about four seconds
constexpr double kClosingTimeout = 2.0;      // seconds

/// Knows nothing that is meant for the tracking server alone.
HttpOptions store_options(const MlflowApi& api, const MultipartPolicy& policy) {
  HttpOptions options;
  options.connect_timeout_s = api.options().connect_timeout_s;
  options.request_timeout_s = api.options().request_timeout_s;
  options.tls.verify = policy.verifies_store;
  return options;
}

std::vector<HttpClient> open_stores(const MlflowApi& api, const MultipartPolicy& policy, std::size_t count) {
  std::vector<HttpClient> stores;
  for (std::size_t i = 0; i < count; ++i) stores.emplace_back(store_options(api, policy));
  return stores;
}

HttpOptions closing_options(const MlflowApi& api) {
  auto options = api.options();
  options.connect_timeout_s = std::min(options.connect_timeout_s, kClosingTimeout);
  options.request_timeout_s = std::min(options.request_timeout_s, kClosingTimeout);
  return options;
}

/// Says whether the tracking server works, whatever it answered.
bool is_answered(const Failure& failure) { return failure.status != 0 || failure.kind == Failure::Kind::kRejected; }

/// Returns scheme, host and port: all of a part's address that may be shown.
std::string origin_of(const std::string& url) {
  const auto host = url.find("://");
  return host == std::string::npos ? "the object store" : url.substr(0, url.find_first_of("/?", host + 3));
}

}  // namespace

/// One upload.
struct MultipartUpload::Job {
  const LocalFile& file;
  std::int64_t size = 0;
  std::int64_t part_size = 0;
  PendingUpload pending;
  std::atomic<std::int64_t>& num_sent;
  std::mutex mutex = {};
  std::vector<StoredPart> stored = {};
  std::int64_t num_stored_bytes = 0;
  std::optional<Failure> failure = {};  ///< of the first part that was given up

  bool has_failed() {
    const std::lock_guard lock(mutex);
    return failure.has_value();
  }

  FilePart part(std::size_t i) const {
    const auto offset = static_cast<std::int64_t>(i) * part_size;
    return {offset, std::min(part_size, size - offset)};
  }
};

MultipartUpload::MultipartUpload(const MlflowApi& api, MultipartPolicy policy, std::size_t num_connections)
    : policy_(policy),
      api_(api.another()),
      closing_(api.server(), closing_options(api)),
      stores_(open_stores(api, policy_, num_connections)) {}

Outcome<bool> MultipartUpload::is_offered(const std::string& artifact_uri) {
  if (!is_offered_ && policy_.enabled) is_offered_ = policy_.enabled;
  if (is_offered_) return *is_offered_;
  auto answer = MultipartApi(api_).is_offered(artifact_uri);
  if (answer) is_offered_ = *answer;
  return answer;
}

Outcome<bool> MultipartUpload::upload(const std::string& artifact_uri, const LocalFile& file, std::string_view path,
                                      std::atomic<std::int64_t>& num_sent) {
  std::error_code error;
  const auto size = static_cast<std::int64_t>(std::filesystem::file_size(file.path, error));
  if (error || !is_large(size)) return false;
  auto offered = is_offered(artifact_uri);
  if (!offered || !*offered) return offered;
  const auto part_size = std::max(policy_.part_size, (size + kMostParts - 1) / kMostParts);
  MultipartApi multipart(api_);
  auto begun = multipart.create(artifact_uri, path, static_cast<int>((size + part_size - 1) / part_size));
  if (!begun) {
    if (!is_answered(begun.failure())) return begun.failure();
    if (begun.failure().kind != Failure::Kind::kTransient) is_offered_ = false;
    return false;
  }
  Job job{file, size, part_size, *std::move(begun), num_sent};
  Done done = std::monostate{};
  if (send_parts(job)) {
    done = multipart.complete(artifact_uri, path, job.pending.id, job.stored);
    if (done) return true;
  } else {
    done = *job.failure;
  }
  num_sent -= job.num_stored_bytes;
  MultipartApi(closing_).abort(artifact_uri, path, job.pending.id);
  const bool is_for_later = job.failure ? is_aborted() : !is_answered(done.failure());
  if (is_for_later) return done.failure();
  if (!done.failure().connected) is_offered_ = false;  // the store is known to the server alone
  spdlog::warn("{} cannot go up in parts: {}; it goes through the tracking server in one", file.path.string(),
               done.failure().message);
  return false;
}

bool MultipartUpload::send_parts(Job& job) {
  share_work(stores_, job.pending.parts.size(), [&](HttpClient& store, std::size_t i) {
    const auto failure = send_part(store, job, i);
    if (!failure) return true;
    const std::lock_guard lock(job.mutex);
    if (!job.failure) job.failure = failure;
    return false;
  });
  std::sort(job.stored.begin(), job.stored.end(), [](const auto& a, const auto& b) { return a.number < b.number; });
  return !job.failure;
}

std::optional<Failure> MultipartUpload::send_part(HttpClient& store, Job& job, std::size_t i) {
  const auto& address = job.pending.parts[i];
  HttpRequest request;
  request.method = "PUT";
  request.url = address.url;
  request.headers = address.headers;
  request.upload = job.file;
  request.part = job.part(i);
  request.num_sent = &job.num_sent;
  Backoff backoff(/*deadline_s=*/0.0, std::random_device{}());
  for (int attempt = 1;; ++attempt) {
    const auto response = store.send(request);
    if (response.ok()) {
      const std::lock_guard lock(job.mutex);
      job.stored.push_back({address.number, response.etag, address.url});
      job.num_stored_bytes += request.part->size;
      return std::nullopt;
    }
    const bool is_given_up = attempt == kMostAttempts || response.transport == Transport::kFile || job.has_failed();
    if (is_given_up || !await_retry(backoff.fail(SteadyTime::clock::now()))) {
      TrackingServer named;  // for messages
      named.url = origin_of(address.url);
      named.origin = "the tracking server's answer";
      return explain(response, named, store_options(api_, policy_).request_timeout_s);
    }
  }
}

bool MultipartUpload::await_retry(SteadyTime time) {
  std::unique_lock lock(mutex_);
  return !changed_.wait_until(lock, time, [this] { return is_aborted_; });
}

bool MultipartUpload::is_aborted() {
  const std::lock_guard lock(mutex_);
  return is_aborted_;
}

void MultipartUpload::abort() {
  {
    const std::lock_guard lock(mutex_);
    is_aborted_ = true;
  }
  changed_.notify_all();
  api_.abort();
  for (auto& store : stores_) store.abort();
}

}  // namespace assay::track
