// x min(max(x + 3, 0), 6) / 6. Source: Howard et al., Searching for MobileNetV3, arXiv 1905.02244, section 5.2.

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/hardswish.h>

#include "models/activation.h"

namespace assay::models {
namespace {

at::Tensor compute_int8(const at::Tensor& values, double scale, std::int64_t zero_point) {
  using Signature = at::Tensor(const at::Tensor&, double, std::int64_t);
  static const auto handle =
      c10::Dispatcher::singleton().findSchemaOrThrow("quantized::hardswish", "").typed<Signature>();
  return handle.call(values, scale, zero_point);
}

}  // namespace

ActivationRow activation_hardswish() {
  return {.name = "hardswish",
          .compute = [](const at::Tensor& values) { return at::hardswish(values); },
          .compute_int8 = compute_int8};
}

}  // namespace assay::models
