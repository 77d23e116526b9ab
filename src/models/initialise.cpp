#include "models/initialise.h"

#include <torch/torch.h>

#include <cmath>

namespace assay::models {

void draw_he_normal(const at::Tensor& weight, const at::Generator& generator) {
  const torch::NoGradGuard no_grad;
  const auto fan_out = weight.numel() / weight.size(1);
  weight.normal_(0.0, std::sqrt(2.0 / static_cast<double>(fan_out)), generator);
}

}  // namespace assay::models
