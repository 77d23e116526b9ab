#include "train/batch_norm.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/progress.h"
#include "core/stop.h"
#include "core/terminal.h"
#include "device/out_of_memory.h"
#include "train/dropout.h"
#include "train/pass.h"

namespace assay::train {
namespace {

// Makes layers compute a plain average of their statistics, from scratch, during its lifetime.
class PlainAverages {
 public:
  explicit PlainAverages(torch::nn::Module& module) {
    for (const auto& each : module.modules(/*include_self=*/false)) {
      auto* layer = each->as<torch::nn::BatchNorm2d>();
      if (layer == nullptr) continue;
      momenta_.emplace_back(layer, layer->options.momentum());
      layer->options.momentum(c10::nullopt);
      layer->reset_running_stats();
    }
  }
  ~PlainAverages() {
    for (const auto& [layer, momentum] : momenta_) layer->options.momentum(momentum);
  }
  PlainAverages(const PlainAverages&) = delete;
  PlainAverages& operator=(const PlainAverages&) = delete;

  std::int64_t num_layers() const { return static_cast<std::int64_t>(momenta_.size()); }

 private:
  std::vector<std::pair<torch::nn::BatchNorm2dImpl*, std::optional<double>>> momenta_;
};

// Returns the number of batches. `tried` becomes the number of images of the pass begun last.
std::int64_t pass_over_batches(models::Model& model, data::Loader& loader, std::int64_t epoch,
                               const BatchNormReport& asked, std::int64_t smallest, c10::Device device,
                               std::int64_t& tried) {
  Progress progress("recomputing BatchNorm statistics", asked.num_batches);
  loader.start_epoch(epoch);
  std::int64_t num_batches = 0;
  while (num_batches < asked.num_batches) {
    throw_if_stopped();
    tried = asked.micro_batch;
    const auto batch = loader.next();
    if (!batch) break;
    std::int64_t first = 0;
    for (const auto count : divide_batch(batch->images.size(0), asked.micro_batch, smallest)) {
      tried = count;
      model.forward(batch->images.narrow(0, first, count).to(device));
      first += count;
    }
    progress.update(++num_batches);
  }
  return num_batches;
}

}  // namespace

std::int64_t smallest_pass(const torch::nn::Module& model) {
  const auto modules = model.modules(/*include_self=*/false);
  const bool has_batch_norm = std::any_of(modules.begin(), modules.end(), [](const auto& module) {
    return std::dynamic_pointer_cast<torch::nn::BatchNorm2dImpl>(module) != nullptr;
  });
  return has_batch_norm ? 2 : 1;
}

BatchNormReport recompute_batch_norm(models::Model& model, data::Loader& loader, std::int64_t epoch,
                                     std::int64_t num_batches, std::int64_t micro_batch, c10::Device device) {
  const torch::NoGradGuard no_grad;
  const DropoutOff dropout_off(model);
  const bool was_training = model.is_training();
  const auto smallest = smallest_pass(model);
  model.train();
  BatchNormReport report{0, dropout_off.num_layers(), std::min(num_batches, loader.num_batches()), micro_batch};
  std::int64_t tried = 0;
  while (!device::ran_within_memory([&] {
    const PlainAverages averages(model);
    report.num_layers = averages.num_layers();
    report.num_batches = pass_over_batches(model, loader, epoch, report, smallest, device, tried);
  })) {
    tried = std::min(tried, report.micro_batch);
    if (tried <= smallest) {
      throw Error(ErrorKind::kConfig,
                  fmt::format("recomputing BatchNorm: a pass of {} images does not fit into memory", tried), "",
                  "free memory, use a smaller image or model, or raise device.memory_budget");
    }
    report.micro_batch = std::max(smallest, (tried + 1) / 2);
    print_status("out of memory in recomputing BatchNorm: anew with passes of {} images instead of {}\n",
                 report.micro_batch, tried);
  }
  model.train(was_training);
  return report;
}

}  // namespace assay::train
