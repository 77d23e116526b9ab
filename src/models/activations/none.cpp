#include "models/activation.h"

namespace assay::models {

ActivationRow activation_none() {
  return {.name = "none",
          .compute = [](const at::Tensor& values) { return values; },
          .in_layer = ActivationRow::InLayer::kNothing};
}

}  // namespace assay::models
