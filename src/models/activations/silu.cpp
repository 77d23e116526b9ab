// x / (1 + exp(-x)). Source: Elfwing et al., arXiv 1702.03118, eq. 6.

#include <ATen/ops/silu.h>

#include "models/activation.h"

namespace assay::models {

ActivationRow activation_silu() {
  return {.name = "silu", .compute = [](const at::Tensor& values) { return at::silu(values); }};
}

}  // namespace assay::models
