#pragma once

#include <memory>
#include <string>

#include "track/system/usage_meter.h"

namespace assay::track {

/// Measures NVIDIA's GPUs, all of the machine in the driver's order, as MLflow does. The driver's library (NVML) is
/// loaded at run time. What a GPU does not tell is left out, as utilization where it is divided (MIG).
/// Source: MLflow 3.17, mlflow/system_metrics/metrics/gpu_monitor.py; NVML API Reference Guide.
class GpuUsage : public UsageMeter {
 public:
  explicit GpuUsage(const std::string& library = "libnvidia-ml.so.1");
  ~GpuUsage() override;

  /// Says why nothing can be measured; empty when it can.
  const std::string& absence() const { return absence_; }

  void measure(std::vector<Measurement>& measurements) override;

 private:
  class Nvml;
  std::string absence_;
  std::unique_ptr<Nvml> nvml_;  // null when absent
};

}  // namespace assay::track
