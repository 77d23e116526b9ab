#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "device/discovery.h"

namespace assay::app {

using Facts = std::vector<std::pair<std::string, std::string>>;

/// Tells, for the panel at start, what a run works with, what bounds it and where it keeps its files.
Facts describe_machine(const device::Host& host, const device::ChosenDevice& device,
                       const device::DeviceOptions& options, const std::filesystem::path& folder);

/// Lists what was chosen for the run as MLflow's params: "chosen.device.budget_bytes", "chosen.device.threads" ...
Facts chosen_params(const device::ChosenDevice& device);

}  // namespace assay::app
