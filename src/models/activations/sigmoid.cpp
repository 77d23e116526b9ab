// 1 / (1 + exp(-x)).

#include <ATen/ops/sigmoid.h>

#include "models/activation.h"

namespace assay::models {

ActivationRow activation_sigmoid() {
  return {.name = "sigmoid", .compute = [](const at::Tensor& values) { return at::sigmoid(values); }};
}

}  // namespace assay::models
