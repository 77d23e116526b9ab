#include "track/batch_delivery.h"

#include <utility>

namespace assay::track {
namespace {

constexpr int kMaxRequests = 40;  // a bad entity among 1000 needs about 20

template <typename Entity>
std::pair<std::vector<Entity>, std::vector<Entity>> halve(const std::vector<Entity>& all) {
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  return {{all.begin(), middle}, {middle, all.end()}};
}

/// Splits by kind where there are several, else in the middle.
std::pair<Batch, Batch> split(const Batch& batch) {
  if (batch.metrics.size() == batch.size()) {
    auto [left, right] = halve(batch.metrics);
    return {Batch{std::move(left), {}, {}}, Batch{std::move(right), {}, {}}};
  }
  if (!batch.metrics.empty()) return {Batch{batch.metrics, {}, {}}, Batch{{}, batch.params, batch.tags}};
  if (batch.params.size() == batch.size()) {
    auto [left, right] = halve(batch.params);
    return {Batch{{}, std::move(left), {}}, Batch{{}, std::move(right), {}}};
  }
  if (!batch.params.empty()) return {Batch{{}, batch.params, {}}, Batch{{}, {}, batch.tags}};
  auto [left, right] = halve(batch.tags);
  return {Batch{{}, {}, std::move(left)}, Batch{{}, {}, std::move(right)}};
}

/// Adds to `result`; returns false when nothing can be settled now.
bool deliver(MlflowApi& api, std::string_view run_id, const Batch& batch, int& requests_left, BatchResult& result) {
  if (batch.size() == 0) return true;
  --requests_left;
  const auto done = api.log_batch(run_id, batch);
  if (done) {
    result.num_sent += batch.size();
    return true;
  }
  const Failure& failure = done.failure();
  if (failure.kind != Failure::Kind::kRejected) {
    result.failure = failure;
    return false;
  }
  const bool is_about_content = failure.code == "INVALID_PARAMETER_VALUE" || failure.code == "BAD_REQUEST";
  if (batch.size() == 1 || !is_about_content || requests_left <= 0) {
    result.num_rejected += batch.size();
    if (!result.failure) result.failure = failure;
    return true;
  }
  const auto [left, right] = split(batch);
  return deliver(api, run_id, left, requests_left, result) && deliver(api, run_id, right, requests_left, result);
}

}  // namespace

BatchResult deliver_batch(MlflowApi& api, std::string_view run_id, const Batch& batch) {
  BatchResult result;
  int requests_left = kMaxRequests;
  deliver(api, run_id, batch, requests_left, result);
  return result;
}

}  // namespace assay::track
