#include "device/batch_size.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "device/memory_meter.h"

namespace assay::device {
namespace {

constexpr std::int64_t kSmallestBatch = 2;  // BatchNorm in training needs two values a channel

}  // namespace

MemoryLine measure_memory_line(const std::function<void(std::int64_t num_samples)>& step) {
  const auto small = static_cast<double>(measure_peak_bytes([&] { step(2); }));
  const auto large = static_cast<double>(measure_peak_bytes([&] { step(4); }));
  const auto slope = std::max(0.0, (large - small) / 2.0);
  return {std::max(0.0, small - 2.0 * slope), slope};
}

BatchPlan plan_batch(const BatchOptions& options, const Tier& tier, std::int64_t budget_bytes, const MemoryLine& line) {
  const auto budget = static_cast<double>(budget_bytes);
  if (line.predict(kSmallestBatch) > budget) {
    throw Error(ErrorKind::kConfig,
                fmt::format("a step of {} images needs {:.0f} MB but the memory budget is {:.0f} MB", kSmallestBatch,
                            line.predict(kSmallestBatch) / 1e6, budget / 1e6),
                "",
                "free memory, use a smaller image or model, or raise device.host_memory_fraction (CPU) or "
                "device.accelerator_memory_fraction");
  }
  BatchPlan plan;
  plan.global = options.global;
  const auto fitting = line.bytes_per_sample > 0.0
                           ? static_cast<std::int64_t>((budget - line.fixed_bytes) / line.bytes_per_sample)
                           : options.global;
  const auto share = static_cast<std::int64_t>(std::floor(tier.batch_share * static_cast<double>(options.global)));
  const auto largest = std::max(kSmallestBatch, std::min({options.global, fitting, share}));
  if (options.micro) {
    plan.micro = std::min(*options.micro, options.global);
    plan.reason = "pinned by batch.micro";
  } else {
    plan.micro = largest;
    plan.reason = largest == options.global ? "the whole batch fits"
                  : fitting < share         ? "as many as the memory budget takes"
                                            : "the share that this class of device takes";
  }
  plan.num_micro = (plan.global + plan.micro - 1) / plan.micro;
  plan.predicted_bytes = line.predict(plan.micro);
  return plan;
}

}  // namespace assay::device
