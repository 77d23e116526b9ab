// max(x, 0).

#include <ATen/ops/relu.h>

#include "models/activation.h"

namespace assay::models {

ActivationRow activation_relu() {
  return {.name = "relu",
          .compute = [](const at::Tensor& values) { return at::relu(values); },
          .in_layer = ActivationRow::InLayer::kRelu};
}

}  // namespace assay::models
