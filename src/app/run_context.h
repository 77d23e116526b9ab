#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "app/options.h"
#include "config/value.h"
#include "core/json.h"
#include "core/rank.h"
#include "device/discovery.h"
#include "track/tracker.h"

namespace assay::app {

/// What an experiment's configuration is checked against, before its run starts.
struct Machine {
  const device::DeviceOptions& options;
  const device::Host& host;
  const device::ChosenDevice& device;
};

/// What an experiment works with while it runs.
struct RunContext {
  const CommonOptions& options;
  const device::Host& host;
  const device::ChosenDevice& device;
  std::filesystem::path folder;  ///< all files of the run go here
  Rank rank;
  track::Run& run;
  const std::vector<std::pair<std::string, std::string>>& settings;  ///< all that changes the result, by dotted keys
  Json& record;  ///< becomes record.json, whatever happens; its keys are told in docs/record.md
};

/// Describes the machine and the build for the record.
Json describe_environment(const device::Host& host, const device::ChosenDevice& device);

/// Prints facts as an aligned panel under a title.
void print_panel(const std::string& title, const std::vector<std::pair<std::string, std::string>>& facts);

}  // namespace assay::app
