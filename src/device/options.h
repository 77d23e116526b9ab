#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "config/schema.h"

namespace assay::device {

/// Holds what one class of device makes of a requested batch; configs/device/*.toml.
struct Tier {
  double batch_share = 1.0;

  static auto schema() {
    return config::schema<Tier>(config::field("batch_share", &Tier::batch_share, config::between(0.01, 1.0),
                                              "largest micro batch as a share of batch.global"));
  }
};

struct Tiers {
  Tier large;
  Tier medium{0.7};
  Tier small{0.4};
  Tier cpu;

  static auto schema() {
    return config::schema<Tiers>(config::field("large", &Tiers::large, "accelerators of 8 GB and more"),
                                 config::field("medium", &Tiers::medium, "accelerators of 4 to 8 GB"),
                                 config::field("small", &Tiers::small, "accelerators below 4 GB"),
                                 config::field("cpu", &Tiers::cpu, "no accelerator"));
  }
};

struct DeviceOptions {
  std::string name = "auto";
  std::optional<std::int64_t> threads;
  double accelerator_memory_fraction = 0.8;
  double host_memory_fraction = 0.5;
  Tiers tiers;

  static auto schema() {
    return config::schema<DeviceOptions>(
        config::field("name", &DeviceOptions::name, "auto, cpu, cuda, cuda:1, mps"),
        config::field("threads", &DeviceOptions::threads, config::at_least(1),
                      "threads of one operation; auto: the cores"),
        config::field("accelerator_memory_fraction", &DeviceOptions::accelerator_memory_fraction,
                      config::between(0.01, 1.0), "share of an accelerator's free memory that a run may use"),
        config::field("host_memory_fraction", &DeviceOptions::host_memory_fraction, config::between(0.01, 1.0),
                      "share of the available host memory that a run may use on the CPU"),
        config::field("tiers", &DeviceOptions::tiers, "what a class of device makes of a requested batch"));
  }
};

struct BatchOptions {
  std::int64_t global = 128;
  std::optional<std::int64_t> micro;

  static auto schema() {
    return config::schema<BatchOptions>(
        config::field("global", &BatchOptions::global, config::at_least(2), "images of one optimizer step"),
        config::field("micro", &BatchOptions::micro, config::at_least(2),
                      "images of one forward pass; auto: as many as fit"));
  }
};

}  // namespace assay::device
