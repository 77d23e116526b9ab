#include "train/backbone.h"

#include <fmt/format.h>

#include "core/error.h"

namespace assay::train {
namespace {

bool belongs_to(const torch::nn::Linear& head, const at::Tensor& parameter) {
  return parameter.is_same(head->weight) || parameter.is_same(head->bias);
}

}  // namespace

torch::nn::Linear head_of(const models::Model& model) {
  const auto& last = model.graph().back();
  if (last.linear) return last.linear;
  throw Error(ErrorKind::kConfig, fmt::format("the network ends with {}, which is no linear layer", last.name), "",
              "train.freeze_epochs, train.backbone_lr_factor and train.class_weights need one: use their defaults");
}

std::vector<Parameter> parameters_by_part(const models::Model& model, double rate_factor) {
  const auto head = head_of(model);
  auto parameters = named_parameters(model);
  for (auto& parameter : parameters) {
    if (belongs_to(head, parameter.value)) continue;
    parameter.group = "backbone";
    parameter.rate_factor = rate_factor;
  }
  return parameters;
}

FrozenBackbone::FrozenBackbone(models::Model& model) : model_(model) {
  const auto head = head_of(model);
  for (const auto& parameter : model.parameters()) {
    if (!belongs_to(head, parameter) && parameter.requires_grad()) frozen_.push_back(parameter);
  }
  for (const auto& parameter : frozen_) parameter.set_requires_grad(false);
}

FrozenBackbone::~FrozenBackbone() {
  for (const auto& parameter : frozen_) parameter.set_requires_grad(true);
}

void FrozenBackbone::hold_statistics() {
  for (const auto& node : model_.graph()) {
    if (node.batch_norm) node.batch_norm.ptr()->eval();
  }
}

}  // namespace assay::train
