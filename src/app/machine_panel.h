#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "device/discovery.h"

namespace assay::app {

/// Tells, for the panel at start, what a run works with and where it keeps its files.
std::vector<std::pair<std::string, std::string>> describe_machine(const device::Host& host,
                                                                  const device::ChosenDevice& device,
                                                                  const std::filesystem::path& folder);

}  // namespace assay::app
