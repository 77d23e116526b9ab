#include "train/dropout.h"

#include <torch/torch.h>

#include "models/graph.h"

namespace assay::train {
namespace {

std::vector<torch::nn::DropoutImpl*> dropout_layers(torch::nn::Module& module) {
  std::vector<torch::nn::DropoutImpl*> layers;
  for (const auto& each : module.modules(/*include_self=*/false)) {
    if (auto* dropout = each->as<torch::nn::Dropout>()) layers.push_back(dropout);
  }
  return layers;
}

}  // namespace

std::int64_t set_dropout_rate(torch::nn::Module& module, double rate) {
  const auto layers = dropout_layers(module);
  for (auto* layer : layers) layer->options.p(rate);
  return static_cast<std::int64_t>(layers.size());
}

DropoutOff::DropoutOff(torch::nn::Module& module) {
  for (auto* layer : dropout_layers(module))
    rates_.emplace_back([layer](double rate) { layer->options.p(rate); }, layer->options.p());
  for (const auto& each : module.modules(/*include_self=*/false)) {
    if (auto* depth = each->as<models::StochasticDepth>())
      rates_.emplace_back([depth](double rate) { depth->rate = rate; }, depth->rate);
  }
  for (const auto& [set, rate] : rates_) set(0.0);
}

DropoutOff::~DropoutOff() {
  for (const auto& [set, rate] : rates_) set(rate);
}

}  // namespace assay::train
