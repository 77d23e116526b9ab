#include "track/system/gpu_usage.h"

#include <dlfcn.h>
#include <fmt/format.h>

namespace assay::track {
namespace {

using Device = void*;
using Result = int;  // 0 is success

// NVML's own layouts: nvmlMemory_t and nvmlUtilization_t.
struct Memory {
  unsigned long long total, free, used;  // NOLINT(google-runtime-int)
};
struct Utilization {
  unsigned gpu, memory;
};

struct CloseLibrary {
  void operator()(void* library) const { ::dlclose(library); }
};

}  // namespace

/// The loaded and started library.
class GpuUsage::Nvml {
 public:
  /// Starts the library; leaves the reason in `fault` where it does not work.
  Nvml(const std::string& name, std::string& fault) : library_(::dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) {
    if (!library_) {
      fault = fmt::format("{} is not there", name);
      return;
    }
    const bool complete =
        find("nvmlInit_v2", start_) && find("nvmlShutdown", stop_) && find("nvmlErrorString", explain_) &&
        find("nvmlDeviceGetCount_v2", count_) && find("nvmlDeviceGetHandleByIndex_v2", handle_) &&
        find("nvmlDeviceGetMemoryInfo", memory_) && find("nvmlDeviceGetUtilizationRates", utilization_) &&
        find("nvmlDeviceGetPowerUsage", power_) && find("nvmlDeviceGetEnforcedPowerLimit", power_limit_);
    if (!complete) {
      fault = fmt::format("{} lacks a function of NVML's", name);
      return;
    }
    const auto result = start_();
    is_started_ = result == 0;
    if (!is_started_) fault = fmt::format("NVML does not start: {}", explain_(result));
  }
  ~Nvml() {
    if (is_started_) stop_();
  }
  Nvml(const Nvml&) = delete;
  Nvml& operator=(const Nvml&) = delete;

  void measure(std::vector<Measurement>& measurements) const {
    unsigned num_devices = 0;
    if (count_(&num_devices) != 0) return;
    for (unsigned i = 0; i < num_devices; ++i) {
      Device device = nullptr;
      if (handle_(i, &device) == 0) measure_device(device, fmt::format("gpu_{}_", i), measurements);
    }
  }

 private:
  template <typename Function>
  bool find(const char* name, Function*& function) const {
    function = reinterpret_cast<Function*>(::dlsym(library_.get(), name));
    return function != nullptr;
  }

  void measure_device(Device device, const std::string& prefix, std::vector<Measurement>& measurements) const {
    Memory memory{};
    if (memory_(device, &memory) == 0 && memory.total > 0) {
      const auto used = static_cast<double>(memory.used);
      const auto share = used / static_cast<double>(memory.total) * 100;
      measurements.push_back({prefix + "memory_usage_percentage", round_to_tenth(share)});
      measurements.push_back({prefix + "memory_usage_megabytes", used / kBytesPerMegabyte});
    }
    Utilization utilization{};
    if (utilization_(device, &utilization) == 0)
      measurements.push_back({prefix + "utilization_percentage", static_cast<double>(utilization.gpu)});
    unsigned milliwatts = 0;
    unsigned limit_milliwatts = 0;
    if (power_(device, &milliwatts) != 0) return;
    measurements.push_back({prefix + "power_usage_watts", milliwatts / 1000.0});
    if (power_limit_(device, &limit_milliwatts) == 0 && limit_milliwatts > 0) {
      const auto share = static_cast<double>(milliwatts) / limit_milliwatts * 100;
      measurements.push_back({prefix + "power_usage_percentage", share});
    }
  }

  std::unique_ptr<void, CloseLibrary> library_;
  bool is_started_ = false;
  Result (*start_)() = nullptr;
  Result (*stop_)() = nullptr;
  const char* (*explain_)(Result) = nullptr;
  Result (*count_)(unsigned*) = nullptr;
  Result (*handle_)(unsigned, Device*) = nullptr;
  Result (*memory_)(Device, Memory*) = nullptr;
  Result (*utilization_)(Device, Utilization*) = nullptr;
  Result (*power_)(Device, unsigned*) = nullptr;
  Result (*power_limit_)(Device, unsigned*) = nullptr;
};

GpuUsage::GpuUsage(const std::string& library) : nvml_(std::make_unique<Nvml>(library, absence_)) {
  if (!absence_.empty()) nvml_.reset();
}

GpuUsage::~GpuUsage() = default;

void GpuUsage::measure(std::vector<Measurement>& measurements) {
  if (nvml_) nvml_->measure(measurements);
}

}  // namespace assay::track
