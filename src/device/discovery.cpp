#include "device/discovery.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include <optional>

#include "core/error.h"
#include "device/cuda.h"

namespace assay::device {
namespace {

constexpr std::int64_t kGigabyte = 1LL << 30;

// Returns "" when a small kernel gives the right answer on the device, or the reason why not.
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

std::string refuse_cuda(int index) {
  if (auto reason = load_cuda_library(); !reason.empty()) return reason;
  if (!torch::cuda::is_available()) return "LibTorch finds no usable CUDA device";
  const auto num_devices = static_cast<int>(torch::cuda::device_count());
  if (index >= num_devices) return fmt::format("there are only {} CUDA devices", num_devices);
  return try_kernel(c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index)));
}

std::string refuse_mps() {
  if (!torch::mps::is_available()) return "LibTorch was built without it, or the machine is not an Apple one";
  return try_kernel(c10::Device(c10::kMPS));
}

ChosenDevice describe_cuda(int index, double fraction) {
  const auto memory = cuda_memory(index);
  ChosenDevice chosen;
  chosen.device = c10::Device(c10::kCUDA, static_cast<c10::DeviceIndex>(index));
  chosen.description = cuda_name(index);
  chosen.memory_total_bytes = memory.total_bytes;
  chosen.memory_free_bytes = memory.free_bytes;
  chosen.budget_bytes = static_cast<std::int64_t>(static_cast<double>(memory.free_bytes) * fraction);
  chosen.bounded_by = "the device";
  return chosen;
}

// On Apple machines the accelerator shares the host's memory.
ChosenDevice describe_host(c10::Device device, const Host& host, double fraction) {
  const auto memory = inspect_host_memory();
  ChosenDevice chosen;
  chosen.device = device;
  chosen.description = host.cpu_name;
  chosen.memory_total_bytes = memory.total_bytes;
  chosen.memory_free_bytes = memory.available_bytes;
  chosen.budget_bytes = static_cast<std::int64_t>(static_cast<double>(memory.available_bytes) * fraction);
  chosen.bounded_by = memory.bounded_by;
  return chosen;
}

c10::Device parse_device(const std::string& name) {
  try {
    return c10::Device(name);
  } catch (const c10::Error&) {
    throw Error(ErrorKind::kConfig, fmt::format("device.name = \"{}\": no such device", name), "",
                "one of: auto, cpu, cuda, cuda:1, mps");
  }
}

void check_usable(c10::Device wanted) {
  std::string reason;
  if (wanted.is_cuda()) reason = refuse_cuda(wanted.has_index() ? wanted.index() : 0);
  if (wanted.is_mps()) reason = refuse_mps();
  if (!wanted.is_cuda() && !wanted.is_mps() && !wanted.is_cpu()) reason = "Assay does not use this kind of device";
  if (reason.empty()) return;
  throw Error(ErrorKind::kConfig, fmt::format("device {} cannot be used: {}", wanted.str(), reason), "",
              "use device.name=auto, or device.name=cpu");
}

}  // namespace

ChosenDevice choose_device(const DeviceOptions& options, const Host& host) {
  at::set_num_threads(static_cast<int>(options.threads.value_or(host.num_cores)));
  std::optional<c10::Device> wanted;
  if (options.name != "auto") {
    wanted = parse_device(options.name);
    check_usable(*wanted);
  }
  std::vector<std::string> refusals;
  if (!wanted) {
    const auto cuda_refusal = refuse_cuda(0);
    if (!cuda_refusal.empty()) refusals.push_back("cuda: " + cuda_refusal);
    const auto mps_refusal = cuda_refusal.empty() ? std::string("cuda comes first") : refuse_mps();
    if (!cuda_refusal.empty() && !mps_refusal.empty()) refusals.push_back("mps: " + mps_refusal);
    wanted =
        cuda_refusal.empty() ? c10::Device(c10::kCUDA, 0) : c10::Device(mps_refusal.empty() ? c10::kMPS : c10::kCPU);
  }
  auto chosen =
      wanted->is_cuda()
          ? describe_cuda(wanted->has_index() ? wanted->index() : 0, options.accelerator_memory_fraction)
          : describe_host(*wanted, host,
                          wanted->is_mps() ? options.accelerator_memory_fraction : options.host_memory_fraction);
  chosen.refusals = std::move(refusals);
  return chosen;
}

const Tier& tier_of(const ChosenDevice& device, const Tiers& tiers) {
  if (device.device.is_cpu()) return tiers.cpu;
  if (device.memory_total_bytes >= 8 * kGigabyte) return tiers.large;
  return device.memory_total_bytes >= 4 * kGigabyte ? tiers.medium : tiers.small;
}

}  // namespace assay::device
