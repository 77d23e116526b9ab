#include "device/discovery.h"

#include <ATen/DeviceAccelerator.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "device/cuda.h"
#include "device/memory_budget.h"
#include "device/switches.h"

namespace assay::device {
namespace {

constexpr std::int64_t kGigabyte = 1LL << 30;

// Returns "" if a small kernel gives the right answer on the device, or the reason why not.
std::string try_kernel(c10::Device device) {
  try {
    const auto ones = torch::ones({64, 64}, device);
    const auto sum = ones.matmul(ones).sum().item<float>();
    return sum == 64.0F * 64.0F * 64.0F ? "" : fmt::format("a matrix product gave {}", sum);
  } catch (const std::exception& error) {
    const std::string text = error.what();
    return text.substr(0, text.find('\n'));
  }
}

int index_of(c10::Device device) { return device.has_index() ? device.index() : 0; }

// Each returns why a kind of device cannot be used, as far as can be known without using it; "" if there is no
// objection.
std::string refuse_cuda(int index) {
  if (auto reason = load_cuda_library(); !reason.empty()) return reason;
  if (!torch::cuda::is_available()) return "LibTorch finds no usable CUDA device";
  const auto num_devices = static_cast<int>(torch::cuda::device_count());
  return index < num_devices ? "" : fmt::format("there are only {} CUDA devices", num_devices);
}

std::string refuse_mps() {
  return torch::mps::is_available() ? "" : "LibTorch was built without it, or the machine is not an Apple one";
}

std::string refuse_other(c10::Device device) {
  const auto found = at::getAccelerator();
  if (!found) return "LibTorch knows no other accelerator";
  return *found == device.type() ? "" : fmt::format("LibTorch's accelerator is {}", c10::DeviceTypeName(*found, true));
}

std::string refuse(c10::Device device) {
  if (device.is_cpu()) return "";
  if (device.is_cuda()) return refuse_cuda(index_of(device));
  return device.is_mps() ? refuse_mps() : refuse_other(device);
}

// Returns "" if the device can be used and sets `chosen`, or returns the reason why not.
std::string try_device(c10::Device device, const DeviceOptions& options, const Host& host, ChosenDevice& chosen) {
  if (auto reason = refuse(device); !reason.empty()) return reason;
  ChosenDevice candidate;
  candidate.device = device;
  candidate.description = device.is_cuda() ? cuda_name(index_of(device)) : host.cpu_name;
  set_memory_budget(options, candidate);
  enforce_memory_budget(options, candidate);
  auto reason = try_kernel(device);
  if (reason.empty()) chosen = std::move(candidate);
  return reason;
}

c10::Device parse_device(const std::string& name) {
  try {
    return c10::Device(name);
  } catch (const c10::Error&) {
    throw Error(ErrorKind::kConfig, fmt::format("device.name = \"{}\": no such device", name), "",
                "one of: auto, cpu, cuda, cuda:1, mps, xpu");
  }
}

// The devices to try, best first. CUDA must be queried before LibTorch is asked for its accelerator.
std::vector<std::pair<std::string, c10::Device>> list_candidates() {
  std::vector<std::pair<std::string, c10::Device>> candidates = {{"cuda", c10::Device(c10::kCUDA, 0)},
                                                                 {"mps", c10::Device(c10::kMPS)}};
  load_cuda_library();
  const auto other = at::getAccelerator();
  const bool is_other = other && *other != c10::kCUDA && *other != c10::kMPS;
  candidates.emplace_back("other", c10::Device(is_other ? *other : c10::kPrivateUse1, 0));
  candidates.emplace_back("cpu", c10::Device(c10::kCPU));
  return candidates;
}

}  // namespace

ChosenDevice choose_device(const DeviceOptions& options, const Host& host) {
  auto notes = set_switches(options, host);
  ChosenDevice chosen;
  std::vector<std::string> refusals;
  if (options.name != "auto") {
    const auto wanted = parse_device(options.name);
    const auto reason = try_device(wanted, options, host, chosen);
    if (!reason.empty()) {
      throw Error(ErrorKind::kConfig, fmt::format("device {} cannot be used: {}", wanted.str(), reason), "",
                  "use device.name=auto, or device.name=cpu");
    }
  } else {
    for (const auto& [name, device] : list_candidates()) {
      const auto reason = try_device(device, options, host, chosen);
      if (reason.empty()) break;
      refusals.push_back(name + ": " + reason);
    }
  }
  chosen.refusals = std::move(refusals);
  chosen.notes.insert(chosen.notes.end(), notes.begin(), notes.end());
  return chosen;
}

const Tier& tier_of(const ChosenDevice& device, const Tiers& tiers) {
  if (device.device.is_cpu()) return tiers.cpu;
  if (device.memory_total_bytes >= 8 * kGigabyte) return tiers.large;
  return device.memory_total_bytes >= 4 * kGigabyte ? tiers.medium : tiers.small;
}

std::int64_t num_workers_of(const Tier& tier, const Host& host) {
  return std::min<std::int64_t>(tier.num_workers, std::max(1, host.num_cores - 1));
}

}  // namespace assay::device
