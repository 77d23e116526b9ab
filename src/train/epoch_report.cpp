#include "train/epoch_report.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "device/memory_size.h"
#include "models/operation.h"

namespace assay::train {

std::string describe_progress(const Epoch& measured) {
  return fmt::format("loss {:.3f}, accuracy {:.1f} %, {:.0f} images/s, {}", measured.train_loss,
                     measured.train_accuracy * 100.0, measured.images_per_second,
                     device::format_memory_size(static_cast<std::int64_t>(measured.peak_memory_mb * 1e6)));
}

void log_epoch(const std::vector<Epoch>& history, MetricSink& sink) {
  const auto& epoch = history.back();
  const auto log = [&](const char* key, double value) { sink.log_metric(key, value, epoch.epoch); };
  log("train/loss", epoch.train_loss);
  log("train/accuracy", epoch.train_accuracy);
  log("train/lr", epoch.learning_rate);
  log("train/images_per_second", epoch.images_per_second);
  log("train/micro_batch", static_cast<double>(epoch.micro_batch));
  log("train/peak_memory_mb", epoch.peak_memory_mb);
  log("train/skipped_steps", static_cast<double>(epoch.num_skipped));
  log("train/seconds/data", epoch.times.data);
  log("train/seconds/forward", epoch.times.forward);
  log("train/seconds/backward", epoch.times.backward);
  log("train/seconds/optimizer", epoch.times.optimizer);
  log("train/seconds/logging", epoch.times.logging);
  log("val/loss", epoch.validation_loss);
  log("val/accuracy", epoch.validation_accuracy);
  log("val/macro_f1", epoch.validation_macro_f1);
  log("val/balanced_accuracy", epoch.validation_balanced_accuracy);
  double best = -1.0;
  for (const auto& one : history) {
    if (std::isfinite(one.validation_loss)) best = std::max(best, one.validation_accuracy);
  }
  if (best >= 0.0) log("best/val/accuracy", best);
}

void log_mixing_weights(const models::Model& model, std::int64_t epoch, MetricSink& sink) {
  const torch::NoGradGuard no_grad;
  for (const auto& node : model.graph()) {
    if (node.mixing.empty()) continue;
    const auto shares = models::mixing_weights(node).cpu();
    for (std::size_t i = 0; i < node.mixing.size(); ++i) {
      sink.log_metric("mixing/" + node.mixing_names[i], shares[static_cast<std::int64_t>(i)].item<double>(), epoch);
    }
  }
}

}  // namespace assay::train
