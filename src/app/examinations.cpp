// What a doctor looks at. Each examination does the thing itself in small, and compares with what must come out.

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "app/doctor.h"
#include "compress/quantized_network.h"
#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "data/png.h"
#include "decode/picture.h"
#include "device/launch_graph.h"
#include "device/memory_size.h"
#include "device/out_of_memory.h"
#include "train/batch_norm.h"
#include "train/precision.h"

namespace assay::app {
namespace {

using Verdict = Finding::Verdict;

/// A small network with what is hard to get right: BatchNorm and dropout.
class SmallNet final : public models::Model {
 public:
  SmallNet() {
    auto node = add_conv("conv", add_input(),
                         {.in_channels = 3, .out_channels = 16, .kernel = 3, .activation = models::Activation::kRelu});
    add_batch_norm("norm", node, 1e-5, 0.1);
    node = add_dropout("dropout", node, 0.5);
    node = add_conv("second", node,
                    {.in_channels = 16, .out_channels = 16, .kernel = 3, .activation = models::Activation::kRelu});
    add_batch_norm("second_norm", node, 1e-5, 0.1);
    add_linear("head", add_flatten(add_global_pool(node)), 16, 10, models::Activation::kNone);
    eval();
  }
};

at::Tensor images(std::int64_t count) {
  torch::manual_seed(1);
  return torch::rand({count, 3, 32, 32}).contiguous(at::MemoryFormat::ChannelsLast);
}

Finding examine_memory(const device::ChosenDevice& chosen) {
  if (chosen.enforced_by.empty()) return {Verdict::kNotAvailable, "the budget is not enforced on this device"};
  const auto options = torch::TensorOptions(chosen.device).dtype(torch::kUInt8);
  const auto budget = device::format_memory_size(chosen.budget_bytes);
  if (device::ran_within_memory([&] { torch::empty({chosen.budget_bytes + chosen.budget_bytes / 8}, options); })) {
    return {Verdict::kFail, fmt::format("more than the budget of {} was given", budget)};
  }
  return {Verdict::kPass, fmt::format("more than the budget of {} is refused by {}", budget, chosen.enforced_by)};
}

double loss_of(models::Model& model, train::Precision precision, c10::Device device) {
  const train::PrecisionScope scope(precision, device);
  const auto labels = torch::arange(16, torch::TensorOptions(device).dtype(torch::kInt64)).remainder(10);
  const auto loss =
      torch::nn::functional::cross_entropy(model.forward(images(16).to(device)).to(torch::kFloat32), labels);
  loss.backward();
  return loss.item<double>();
}

Finding examine_precision(const RunContext& context, const char* name) {
  const auto device = context.device.device;
  const auto precision = train::parse_precision(name);
  try {
    train::check_precision(precision, device, context.host.isa);
  } catch (const Error& error) {
    return {Verdict::kNotAvailable, error.what()};
  }
  SmallNet net;
  net.to(device);
  const auto exact = loss_of(net, train::Precision::kFp32, device), loss = loss_of(net, precision, device);
  const auto difference = std::abs(loss - exact);
  return {difference < 0.02 ? Verdict::kPass : Verdict::kFail,
          fmt::format("loss and gradients of a step; {:.5f} beside {:.5f} in float32", loss, exact)};
}

Finding examine_batch_norm() {
  SmallNet net;
  const auto pixels = torch::randint(0, 256, {64, 3, 32, 32}, torch::kUInt8);
  const auto source = std::make_shared<data::MemorySource>(pixels, torch::zeros({64}, torch::kInt64));
  std::vector<std::int64_t> places(64);
  for (std::size_t i = 0; i < places.size(); ++i) places[i] = static_cast<std::int64_t>(i);
  auto loader = data::Loader::for_evaluation({source, places}, {{32, 32}}, 16);
  train::recompute_batch_norm(net, loader, /*epoch=*/0, /*num_batches=*/4, /*micro_batch=*/16, torch::kCPU);
  // Of the first layer, the running mean must be that of its convolution over all images.
  const torch::NoGradGuard no_grad;
  const auto& graph = net.graph();
  const auto exact = torch::conv2d(pixels.to(torch::kFloat32) / 255.0, graph[1].conv->weight, {}, 1, 1).mean({0, 2, 3});
  const auto error = (graph[1].batch_norm->running_mean - exact).abs().max().item<double>();
  return {error < 1e-4 ? Verdict::kPass : Verdict::kFail,
          fmt::format("recomputed with dropout off; the means differ from the images' by {:.1e}", error)};
}

double median_us(const std::function<void()>& work) {
  std::vector<double> times;
  for (int i = 0; i < 30; ++i) {
    const Stopwatch watch;
    work();
    times.push_back(watch.seconds() * 1e6);
  }
  std::nth_element(times.begin(), times.begin() + 15, times.end());
  return times[15];
}

Finding examine_int8(const std::string& engine) {
  const torch::NoGradGuard no_grad;
  const auto model = std::make_shared<SmallNet>();
  std::unique_ptr<compress::EngineScope> scope;
  try {
    scope = std::make_unique<compress::EngineScope>(engine);
  } catch (const Error& error) {
    return {Verdict::kNotAvailable, error.what()};
  }
  const auto batch = images(8);
  const compress::QuantizedNetwork network(model, batch, compress::quantize_options(engine, std::nullopt));
  const auto exact = model->forward(batch);
  const auto error = ((network.forward(batch) - exact).norm() / exact.norm()).item<double>();
  return {error < 0.1 ? Verdict::kPass : Verdict::kFail,
          fmt::format("a small network: {:.0f} us, in float {:.0f} us; logits differ by {:.1f} %",
                      median_us([&] { network.forward(batch); }), median_us([&] { model->forward(batch); }),
                      error * 100.0)};
}

Finding examine_launch_graph(c10::Device device) {
  std::unique_ptr<device::LaunchGraph> graph;
  try {
    graph = device::make_launch_graph(device);
  } catch (const Error& error) {
    return {Verdict::kNotAvailable, error.what()};
  }
  const auto value = torch::ones({8}, torch::TensorOptions(device));
  graph->record([&] { value.mul_(2.0); });
  value.fill_(3.0);
  graph->replay();
  const auto got = value[0].item<double>();
  return {got == 6.0 ? Verdict::kPass : Verdict::kFail, fmt::format("recorded and launched again: 2 * 3 = {}", got)};
}

Finding examine_decoding(const std::filesystem::path& folder) {
  const auto file = folder / "doctor.png";
  const auto pixels = torch::randint(0, 256, {3, 16, 24}, torch::kUInt8);
  data::write_png(pixels, file);
  const auto picture = decode::read_picture(file, 0, 0);
  std::filesystem::remove(file);
  const auto expected = pixels.permute({1, 2, 0}).contiguous();
  const bool equal = picture.height == 16 && picture.width == 24 &&
                     std::equal(expected.const_data_ptr<std::uint8_t>(),
                                expected.const_data_ptr<std::uint8_t>() + expected.numel(), picture.rows.get());
  return {equal ? Verdict::kPass : Verdict::kFail,
          equal ? "a PNG comes back as it was written" : "a PNG came back changed"};
}

// "some avg10=1.23 ...": the share of the last ten seconds in which a thread waited for a processor.
Finding examine_neighbours() {
  std::ifstream file("/proc/pressure/cpu");
  std::string word;
  while (file >> word && !word.starts_with("avg10=")) {
  }
  if (!file) return {Verdict::kNotAvailable, "the kernel does not tell its pressure (/proc/pressure/cpu)"};
  const auto waited = std::stod(word.substr(6));
  if (waited < 20.0) return {Verdict::kPass, fmt::format("threads wait {:.0f} % of the time for a processor", waited)};
  return {Verdict::kFail, fmt::format("threads wait {:.0f} % of the time for a processor: others use it, too; "
                                      "divide device.threads among runs, or set OMP_WAIT_POLICY=passive",
                                      waited)};
}

Finding examine_disk(const std::filesystem::path& folder) {
  constexpr std::size_t kBytes = 16'000'000;
  const auto file = folder / "doctor.bin";
  const Stopwatch watch;
  write_file_atomically(file, std::string(kBytes, 'x'));
  const auto seconds = watch.seconds();
  std::filesystem::remove(file);
  const auto free = static_cast<std::int64_t>(std::filesystem::space(folder).available);
  const auto text = fmt::format("{} free, written and synced at {:.0f} MB/s", device::format_memory_size(free),
                                kBytes / 1e6 / seconds);
  return {free > 1'000'000'000 ? Verdict::kPass : Verdict::kFail, text};
}

Finding examine_device(const device::ChosenDevice& chosen) {
  auto text = fmt::format("{} ({})", chosen.device.str(), chosen.description);
  for (const auto& refusal : chosen.refusals) text += "; not " + refusal;
  return {Verdict::kPass, text};
}

}  // namespace

std::vector<Examination> list_examinations(const RunContext& context) {
  const auto& chosen = context.device;
  std::vector<Examination> all = {{"device", [&chosen] { return examine_device(chosen); }},
                                  {"memory", [&chosen] { return examine_memory(chosen); }}};
  for (const auto* name : {"fp32", "tf32", "bf16", "fp16"}) {
    all.push_back({std::string("precision ") + name, [&context, name] { return examine_precision(context, name); }});
  }
  all.push_back({"BatchNorm", examine_batch_norm});
  for (const auto* engine : {"fbgemm", "x86", "onednn"}) {
    all.push_back({std::string("int8 ") + engine, [engine] { return examine_int8(engine); }});
  }
  all.push_back({"launch graph", [&chosen] { return examine_launch_graph(chosen.device); }});
  all.push_back({"images", [&context] { return examine_decoding(context.folder); }});
  all.push_back({"neighbours", examine_neighbours});
  all.push_back({"disk", [&context] { return examine_disk(context.folder); }});
  return all;
}

}  // namespace assay::app
