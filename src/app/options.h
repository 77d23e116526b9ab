#pragma once

#include <cstdint>
#include <string>

#include "config/schema.h"
#include "device/options.h"

namespace assay::app {

/// Holds what every experiment takes (table `run`).
struct RunOptions {
  std::string experiment;
  std::string name;
  std::string dir = "runs";
  std::int64_t seed = 1;

  static auto schema() {
    return config::schema<RunOptions>(
        config::field("experiment", &RunOptions::experiment, config::folder_name(),
                      "name under which runs are kept and tracked; empty: the binary's")
            .outside_run_key(),
        config::field("name", &RunOptions::name, "name of this run; empty: made from data set, model and seed")
            .outside_run_key(),
        config::field("dir", &RunOptions::dir, "folder of all runs").outside_run_key(),
        config::field("seed", &RunOptions::seed, config::at_least(0), "seed of all randomness"));
  }
};

/// Holds the tables that run_main itself reads; an experiment's options begin with them.
struct CommonOptions {
  RunOptions run;
  device::DeviceOptions device;
  config::Section track;
};

}  // namespace assay::app
