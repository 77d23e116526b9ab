#include "app/machine_panel.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

namespace assay::app {

std::vector<std::pair<std::string, std::string>> describe_machine(const device::Host& host,
                                                                  const device::ChosenDevice& device,
                                                                  const std::filesystem::path& folder) {
  constexpr double kMegabyte = 1e6;
  std::vector<std::pair<std::string, std::string>> facts = {
      {"device", fmt::format("{} ({})", device.device.str(), device.description)},
      {"memory", fmt::format("{:.0f} MB, {:.0f} MB free, budget {:.0f} MB, bounded by {}",
                             static_cast<double>(device.memory_total_bytes) / kMegabyte,
                             static_cast<double>(device.memory_free_bytes) / kMegabyte,
                             static_cast<double>(device.budget_bytes) / kMegabyte, device.bounded_by)},
      {"cores", fmt::format("{}, threads {}, {}", host.num_cores, at::get_num_threads(), fmt::join(host.isa, " "))},
      {"run", folder.string()}};
  for (const auto& refusal : device.refusals) facts.emplace_back("not used", refusal);
  return facts;
}

}  // namespace assay::app
