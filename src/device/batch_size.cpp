#include "device/batch_size.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace assay::device {
namespace {

constexpr double kWarmupEpochs = 5.0;

double learning_rate_factor(const BatchOptions& options, std::int64_t global) {
  const auto growth = static_cast<double>(global) / static_cast<double>(options.base);
  if (options.lr_scaling == "sqrt") return std::sqrt(growth);
  const bool is_linear = options.lr_scaling == "linear" || (options.lr_scaling == "auto" && !options.global);
  return is_linear ? growth : 1.0;
}

}  // namespace

BatchSearch bound_search(const BatchOptions& options, const Tier& tier, std::int64_t num_train_images,
                         std::int64_t smallest) {
  BatchSearch search;
  const auto global = options.global.value_or(std::min(options.largest, num_train_images));
  const auto share = static_cast<std::int64_t>(std::floor(tier.batch_share * static_cast<double>(global)));
  search.largest = std::max(smallest, std::min(share, global));
  search.smallest = std::min(smallest, search.largest);
  if (options.micro) search.smallest = search.largest = std::min(*options.micro, global);
  return search;
}

BatchPlan plan_batch(const BatchOptions& options, const FoundBatch& found) {
  BatchPlan plan;
  const auto fitting = static_cast<std::uint64_t>(found.num_samples);
  const auto automatic = options.micro ? found.num_samples : static_cast<std::int64_t>(std::bit_floor(fitting));
  plan.global = options.global.value_or(automatic);
  plan.num_micro = (plan.global + found.num_samples - 1) / found.num_samples;
  plan.micro =
      options.micro ? std::min(found.num_samples, plan.global) : (plan.global + plan.num_micro - 1) / plan.num_micro;
  plan.predicted_bytes =
      plan.micro == found.num_samples ? static_cast<double>(found.peak_bytes) : found.line.predict(plan.micro);
  plan.reason = options.micro ? "pinned by batch.micro" : found.reason;
  plan.lr_factor = learning_rate_factor(options, plan.global);
  plan.warmup_epochs = plan.lr_factor > 1.0 ? kWarmupEpochs : 0.0;
  return plan;
}

}  // namespace assay::device
