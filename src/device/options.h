#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/schema.h"

namespace assay::device {

/// Defaults of one class of device; configs/device/*.toml.
struct Tier {
  double batch_share = 1.0;
  std::string precision = "fp32";
  std::int64_t image_size = 256;
  std::int64_t num_workers = 1;

  static auto schema() {
    return config::schema<Tier>(
        config::field("batch_share", &Tier::batch_share, config::between(0.01, 1.0),
                      "largest micro batch as a share of batch.global"),
        config::field("precision", &Tier::precision, config::one_of("fp32", "tf32", "bf16", "fp16"),
                      "precision that train.precision = auto takes"),
        config::field("image_size", &Tier::image_size, config::at_least(8).in("pixels"),
                      "largest image side meant for the device; larger images give a note and are not resized"),
        config::field("num_workers", &Tier::num_workers, config::between(0, 64),
                      "workers for data.loader.num_workers = auto; one core stays free")
            .outside_run_key());
  }
};

struct Tiers {
  Tier large{1.0, "bf16", 256, 8};
  Tier medium{0.7, "fp16", 224, 6};
  Tier small{0.4, "fp16", 160, 4};
  Tier cpu{1.0, "fp32", 128, 1};

  static auto schema() {
    return config::schema<Tiers>(config::field("large", &Tiers::large, "accelerators of 8 GB and more"),
                                 config::field("medium", &Tiers::medium, "accelerators of 4 to 8 GB"),
                                 config::field("small", &Tiers::small, "accelerators below 4 GB"),
                                 config::field("cpu", &Tiers::cpu, "no accelerator"));
  }
};

/// More than the cores of any machine. What exceeds the cores of this one is left out (switches.h).
inline constexpr int kMostThreads = 4096;

struct DeviceOptions {
  std::string name = "auto";
  std::optional<std::int64_t> threads;
  std::optional<std::int64_t> interop_threads;
  std::string memory_budget = "auto";
  double accelerator_memory_fraction = 0.8;
  double host_memory_fraction = 0.5;
  bool enforce_budget = true;
  bool cudnn_benchmark = false;
  bool pinned_memory = true;
  Tiers tiers;

  static auto schema() {
    return config::schema<DeviceOptions>(
        config::field("name", &DeviceOptions::name, "auto, cpu, cuda, cuda:1, mps, xpu"),
        config::field("threads", &DeviceOptions::threads, config::between(1, kMostThreads),
                      "threads of one operation, at most one per core, which auto takes"),
        config::field("interop_threads", &DeviceOptions::interop_threads, config::between(1, kMostThreads),
                      "operations at a time on the CPU, at most one per core; auto: LibTorch's default"),
        config::field("memory_budget", &DeviceOptions::memory_budget,
                      "memory that a run may use, such as \"2 GB\"; auto: the fraction below"),
        config::field("accelerator_memory_fraction", &DeviceOptions::accelerator_memory_fraction,
                      config::between(0.01, 1.0), "share of an accelerator's free memory that a run may use"),
        config::field("host_memory_fraction", &DeviceOptions::host_memory_fraction, config::between(0.01, 1.0),
                      "share of the available host memory that a run may use on the CPU"),
        config::field("enforce_budget", &DeviceOptions::enforce_budget,
                      "enforce the budget, instead of only sizing the batch by it"),
        config::field("cudnn_benchmark", &DeviceOptions::cudnn_benchmark,
                      "let cuDNN time its algorithms; results may then differ from run to run"),
        config::field("pinned_memory", &DeviceOptions::pinned_memory,
                      "put batches in page-locked memory, which a CUDA device reads directly")
            .outside_run_key(),
        config::field("tiers", &DeviceOptions::tiers, "defaults of each class of device"));
  }
};

struct BatchOptions {
  std::optional<std::int64_t> global = 128;
  std::optional<std::int64_t> micro;
  std::int64_t largest = 1024;
  std::string lr_scaling = "auto";
  std::int64_t base = 128;
  bool cache = true;

  static auto schema() {
    return config::schema<BatchOptions>(
        config::field("global", &BatchOptions::global, config::at_least(2),
                      "images of one optimizer step; auto: the largest power of two that fits, or batch.micro if set"),
        config::field("micro", &BatchOptions::micro, config::at_least(2),
                      "images of one forward pass; auto: as many as fit"),
        config::field("largest", &BatchOptions::largest, config::at_least(2), "largest automatic global batch"),
        config::field("lr_scaling", &BatchOptions::lr_scaling, config::one_of("auto", "none", "linear", "sqrt"),
                      "how the learning rate follows global / base; auto: linear when global is automatic, else none"),
        config::field("base", &BatchOptions::base, config::at_least(1),
                      "global batch for which the learning rate is set"),
        config::field("cache", &BatchOptions::cache, "try the cached micro batch first"));
  }
};

}  // namespace assay::device
