#include "train/batch_norm.h"

#include <torch/torch.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/progress.h"
#include "core/stop.h"
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
  const PlainAverages averages(model);
  BatchNormReport report{averages.num_layers(), dropout_off.num_layers(), 0};
  const bool was_training = model.is_training();
  const auto smallest = smallest_pass(model);
  num_batches = std::min(num_batches, loader.num_batches());
  Progress progress("recomputing BatchNorm statistics", num_batches);
  model.train();
  loader.start_epoch(epoch);
  while (report.num_batches < num_batches) {
    throw_if_stopped();
    const auto batch = loader.next();
    if (!batch) break;
    std::int64_t first = 0;
    for (const auto count : divide_batch(batch->images.size(0), micro_batch, smallest)) {
      model.forward(batch->images.narrow(0, first, count).to(device));
      first += count;
    }
    progress.update(++report.num_batches);
  }
  model.train(was_training);
  return report;
}

}  // namespace assay::train
