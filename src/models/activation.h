#pragma once

#include <ATen/core/Tensor.h>

#include <string_view>

namespace assay::models {

/// What a layer applies to its values, one by one. Each is a file of activations/ and a line of activations.def.
enum class Activation {
#define ACTIVATION(constant, name) constant,
#include "models/activations.def"
#undef ACTIVATION
};

/// How an activation is computed.
struct ActivationRow {
  /// Who applies it where a layer computes in int8.
  enum class InLayer {
    kNothing,    ///< there is nothing to apply
    kRelu,       ///< the layer's own ReLU; what lies above the activation's largest value saturates
    kAfterwards  ///< compute_int8, on the layer's rounded values
  };

  std::string_view name;  ///< in files
  at::Tensor (*compute)(const at::Tensor& values);
  InLayer in_layer = InLayer::kAfterwards;
  /// Computes quantized values from quantized values; the result has `scale` and `zero_point`. Null: through float.
  at::Tensor (*compute_int8)(const at::Tensor& values, double scale, std::int64_t zero_point) = nullptr;
};

const ActivationRow& row_of(Activation activation);

/// Computes an activation in float.
inline at::Tensor apply_activation(const at::Tensor& values, Activation activation) {
  return row_of(activation).compute(values);
}

/// Computes an activation of quantized values; the result has `scale` and `zero_point`.
at::Tensor apply_activation_int8(const at::Tensor& values, Activation activation, double scale,
                                 std::int64_t zero_point);

/// Finds an activation by its name in files. Errors: Error(kData) for an unknown one.
Activation find_activation(std::string_view name);

#define ACTIVATION(constant, name) ActivationRow activation_##name();
#include "models/activations.def"
#undef ACTIVATION

}  // namespace assay::models
