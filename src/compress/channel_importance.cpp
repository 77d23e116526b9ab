#include "compress/channel_importance.h"

#include <torch/torch.h>

#include <algorithm>

#include "train/loss.h"

namespace assay::compress {
namespace {

constexpr std::int64_t kBatch = 32;

bool is_layer(const models::Node& node) { return node.conv || node.linear; }

at::Tensor weight_score(const models::Node& node, const std::string& kind) {
  if (kind == "batch_norm" && node.batch_norm) return node.batch_norm->weight.abs();
  return (node.conv ? node.conv->weight : node.linear->weight).flatten(1).norm(kind == "l1" ? 1 : 2, 1);
}

void add_gradients(models::Model& model, const at::Tensor& images, const at::Tensor& labels, std::int64_t num_at_once) {
  const auto loss = train::cross_entropy(0.0);
  const at::Tensor no_other_labels;
  const auto num_images = images.size(0);
  for (std::int64_t first = 0; first < num_images; first += num_at_once) {
    const auto count = std::min(num_at_once, num_images - first);
    const auto part = images.narrow(0, first, count), labels_of_part = labels.narrow(0, first, count);
    const auto logits = model.forward(part);
    const auto share = static_cast<double>(count) / static_cast<double>(num_images);
    (loss({part, logits, labels_of_part, no_other_labels}) * share).backward();
  }
}

at::Tensor gradient_times_value(const at::Tensor& parameter) {
  if (!parameter.defined()) return torch::zeros({});
  if (!parameter.grad().defined()) return torch::zeros({parameter.size(0)});
  const auto product = parameter.grad() * parameter;
  return product.dim() > 1 ? product.flatten(1).sum(1) : product;
}

/// Returns the derivative of the loss by a factor on each output channel of a layer, before its activation.
at::Tensor gradient_of_factor(const models::Node& node) {
  const torch::NoGradGuard no_grad;
  const auto sum = [](const auto& layer) {
    return gradient_times_value(layer->weight) + gradient_times_value(layer->bias);
  };
  if (node.batch_norm) return sum(node.batch_norm);
  return node.conv ? sum(node.conv) : sum(node.linear);
}

}  // namespace

ChannelScores score_by_weights(const models::Graph& graph, const std::string& kind) {
  const torch::NoGradGuard no_grad;
  ChannelScores scores;
  for (const auto& node : graph) {
    if (is_layer(node)) scores[node.id] = weight_score(node, kind);
  }
  return scores;
}

ChannelScores score_by_gradients(const models::Model& model, const at::Tensor& images, const at::Tensor& labels,
                                 std::int64_t num_at_once) {
  const torch::AutoGradMode with_gradients(true);
  const auto copy = model.copy();
  copy->eval();
  ChannelScores scores;
  const auto num_images = images.size(0);
  for (std::int64_t first = 0; first < num_images; first += kBatch) {
    const auto count = std::min(kBatch, num_images - first);
    copy->zero_grad();
    add_gradients(*copy, images.narrow(0, first, count), labels.narrow(0, first, count), num_at_once);
    const auto share = static_cast<double>(count) / static_cast<double>(num_images);
    for (const auto& node : copy->graph()) {
      if (!is_layer(node)) continue;
      const auto change = gradient_of_factor(node).abs() * share;
      auto& score = scores[node.id];
      score = score.defined() ? score + change : change;
    }
  }
  return scores;
}

at::Tensor group_score(const std::vector<models::NodeId>& layers, const ChannelScores& scores) {
  at::Tensor sum;
  for (const auto layer : layers) {
    const auto& values = scores.at(layer);
    const auto relative = values / values.mean().clamp_min(1e-12);
    sum = sum.defined() ? sum + relative : relative;
  }
  return sum / static_cast<double>(layers.size());
}

}  // namespace assay::compress
