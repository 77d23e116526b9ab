// min(max(x, 0), 6). In int8 the layer's own ReLU does: the range that was measured ends at 6 at the latest, and what
// lies above saturates.

#include <ATen/ops/clamp.h>

#include "models/activation.h"

namespace assay::models {

ActivationRow activation_relu6() {
  return {.name = "relu6",
          .compute = [](const at::Tensor& values) { return at::clamp(values, 0.0, 6.0); },
          .in_layer = ActivationRow::InLayer::kRelu};
}

}  // namespace assay::models
