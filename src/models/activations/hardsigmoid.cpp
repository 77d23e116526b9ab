// min(max(x + 3, 0), 6) / 6.

#include <ATen/ops/hardsigmoid.h>
#include <ATen/ops/quantize_per_tensor.h>

#include "models/activation.h"

namespace assay::models {
namespace {

// LibTorch's own operator has a fixed scale of 1 / 256, which uses all levels: one fewer than asked for would saturate.
constexpr double kOwnScale = 1.0 / 256.0;

at::Tensor compute_int8(const at::Tensor& values, double scale, std::int64_t zero_point) {
  if (scale <= kOwnScale * 1.01) return at::hardsigmoid(values);
  return at::quantize_per_tensor(at::hardsigmoid(values.dequantize()), scale, zero_point, at::kQUInt8);
}

}  // namespace

ActivationRow activation_hardsigmoid() {
  return {.name = "hardsigmoid",
          .compute = [](const at::Tensor& values) { return at::hardsigmoid(values); },
          .compute_int8 = compute_int8};
}

}  // namespace assay::models
