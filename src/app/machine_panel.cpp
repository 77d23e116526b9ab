#include "app/machine_panel.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "device/memory_size.h"
#include "device/switches.h"

namespace assay::app {
namespace {

std::string describe_memory(const device::ChosenDevice& device) {
  return fmt::format("{}, {} free; budget {}, bounded by {}, {}", device::format_memory_size(device.memory_total_bytes),
                     device::format_memory_size(device.memory_free_bytes),
                     device::format_memory_size(device.budget_bytes), device.bounded_by,
                     device.enforced_by.empty() ? "not enforced" : "enforced by " + device.enforced_by);
}

std::string describe_tier(const device::Tier& tier) {
  return fmt::format("{}, micro batch up to {:.0f} % of the global one, images up to {} pixels", tier.precision,
                     tier.batch_share * 100.0, tier.image_size);
}

}  // namespace

Facts describe_machine(const device::Host& host, const device::ChosenDevice& device,
                       const device::DeviceOptions& options, const std::filesystem::path& folder) {
  Facts facts = {{"device", fmt::format("{} ({})", device.device.str(), device.description)},
                 {"memory", describe_memory(device)},
                 {"cores", fmt::format("{}, threads {} of an operation, {} operations at a time; {}", host.num_cores,
                                       at::get_num_threads(), at::get_num_interop_threads(), fmt::join(host.isa, " "))},
                 {"class", describe_tier(device::tier_of(device, options.tiers))},
                 {"run", folder.string()}};
  for (const auto& refusal : device.refusals) facts.emplace_back("not used", refusal);
  for (const auto& note : device.notes) facts.emplace_back("note", note);
  return facts;
}

Facts chosen_params(const device::ChosenDevice& device) {
  Facts params = {{"chosen.device.name", device.device.str()}};
  for (const auto& [key, value] : device::list_switches()) params.emplace_back("chosen." + key, value);
  return params;
}

}  // namespace assay::app
