#include "models/activation.h"

#include <ATen/ops/quantize_per_tensor.h>
#include <fmt/format.h>

#include <array>

#include "core/error.h"

namespace assay::models {
namespace {

const auto& rows() {
  static const std::array kRows = {
#define ACTIVATION(constant, name) activation_##name(),
#include "models/activations.def"
#undef ACTIVATION
  };
  return kRows;
}

}  // namespace

const ActivationRow& row_of(Activation activation) { return rows().at(static_cast<std::size_t>(activation)); }

at::Tensor apply_activation_int8(const at::Tensor& values, Activation activation, double scale,
                                 std::int64_t zero_point) {
  const auto& row = row_of(activation);
  if (row.compute_int8 != nullptr) return row.compute_int8(values, scale, zero_point);
  return at::quantize_per_tensor(row.compute(values.dequantize()), scale, zero_point, at::kQUInt8);
}

Activation find_activation(std::string_view name) {
  for (std::size_t i = 0; i < rows().size(); ++i) {
    if (rows()[i].name == name) return static_cast<Activation>(i);
  }
  throw Error(ErrorKind::kData, fmt::format("unknown activation \"{}\"", name));
}

}  // namespace assay::models
