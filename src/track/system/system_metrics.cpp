#include "track/system/system_metrics.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <exception>
#include <utility>

#include "core/error.h"
#include "core/stop.h"
#include "track/entities.h"
#include "track/system/container_usage.h"
#include "track/system/gpu_usage.h"
#include "track/system/host_usage.h"

namespace assay::track {
namespace {

/// Makes one number of each metric's samples: MLflow rounds means, and keeps totals as they are.
class Aggregate {
 public:
  void add(const Measurement& measurement) {
    sum_ = measurement.is_total ? measurement.value : sum_ + measurement.value;
    count_ = measurement.is_total ? 0 : count_ + 1;
  }
  double value() const { return count_ == 0 ? sum_ : round_to_tenth(sum_ / count_); }

 private:
  double sum_ = 0.0;
  int count_ = 0;
};

}  // namespace

SystemMetrics::SystemMetrics(MetricSink& sink, SystemMetricsOptions options)
    : sink_(sink),
      options_(std::move(options)),
      prefix_(options_.node_id.empty() ? kSystemPrefix : fmt::format("{}{}/", kSystemPrefix, options_.node_id)),
      step_(options_.first_step) {
  ASSAY_CHECK(options_.interval_s > 0.0);
  ASSAY_CHECK(options_.samples_before_logging > 0);
  check_key("metric", prefix_ + "cpu_utilization_percentage");
  meters_.push_back(std::make_unique<HostUsage>(options_.root));
  meters_.push_back(std::make_unique<ContainerUsage>(options_.root));
  thread_ = std::thread([this] { work(); });
}

SystemMetrics::~SystemMetrics() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SystemMetrics::work() {
  block_signals();
  try {
    add_gpus();
    sample_until_stopped();
  } catch (const std::exception& error) {
    spdlog::warn("system metrics end here: {}", error.what());
  }
}

void SystemMetrics::sample_until_stopped() {
  do {
    take_sample();
    if (samples_.size() >= static_cast<std::size_t>(options_.samples_before_logging)) publish();
  } while (await_next_sample());
  take_sample();
  publish();
}

/// Starts NVML, which may take long, in the thread.
void SystemMetrics::add_gpus() {
  auto gpus = std::make_unique<GpuUsage>();
  if (options_.explain_absent_gpus && !gpus->absence().empty())
    spdlog::info("system metrics are without GPUs: {}", gpus->absence());
  meters_.push_back(std::move(gpus));
}

void SystemMetrics::take_sample() {
  auto& sample = samples_.emplace_back();
  for (const auto& meter : meters_) meter->measure(sample);
}

void SystemMetrics::publish() {
  std::map<std::string, Aggregate> aggregates;
  for (const auto& sample : std::exchange(samples_, {})) {
    for (const Measurement& measurement : sample) aggregates[measurement.name].add(measurement);
  }
  for (const auto& [name, aggregate] : aggregates) sink_.log_metric(prefix_ + name, aggregate.value(), step_);
  ++step_;
}

/// Returns false when there is to be none.
bool SystemMetrics::await_next_sample() {
  std::unique_lock lock(mutex_);
  return !changed_.wait_for(lock, std::chrono::duration<double>(options_.interval_s), [this] { return stopping_; });
}

}  // namespace assay::track
