#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "train/optimizers/optimizer.h"

namespace assay::train {

/// Precision of a network's computation; weights are always float32.
enum class Precision {
  kFp32,
  kTf32,  ///< float32 whose products are rounded to 10 bits; CUDA
  kBf16,  ///< autocast to bfloat16
  kFp16,  ///< autocast to float16, with a scaled loss
};

/// Reads "fp32", "tf32", "bf16", "fp16". Errors: Error(kConfig) for another word.
Precision parse_precision(const std::string& name);
std::string to_string(Precision precision);

/// Rejects precisions that the device lacks or could only emulate slowly: TF32 except on CUDA, bfloat16 on processors
/// without instructions for it. `isa` lists the processor's instruction sets (device/host.h).
/// Errors: Error(kConfig) with the reason and an alternative.
void check_precision(Precision precision, c10::Device device, const std::vector<std::string>& isa);

/// Computes in the given precision during its lifetime. Layers for which half precision is unsafe stay in float32,
/// according to LibTorch's autocast lists.
class PrecisionScope {
 public:
  PrecisionScope(Precision precision, c10::Device device);
  ~PrecisionScope();
  PrecisionScope(const PrecisionScope&) = delete;
  PrecisionScope& operator=(const PrecisionScope&) = delete;

 private:
  c10::DeviceType device_type_;
  bool autocasts_;
  bool enabled_before_ = false;
  at::ScalarType type_before_ = at::kFloat;
};

/// Scales the loss so that float16 gradients neither vanish nor overflow; does nothing for other precisions.
/// Source: Micikevicius et al., Mixed precision training, arXiv 1710.03740, section 3.2; constants as in
/// torch.amp.GradScaler: 65536, doubled after 2,000 good steps, halved after a bad one.
class LossScaler {
 public:
  LossScaler(Precision precision, c10::Device device);

  /// Returns the loss to differentiate.
  at::Tensor scale(const at::Tensor& loss) const;

  /// Unscales the gradients and returns whether all are finite; reduces the scale if they are not.
  bool unscale(const std::vector<at::Tensor>& gradients);

  double factor() const;

  /// Returns the live tensors of its state; empty if it does nothing.
  NamedTensors state() const;

 private:
  at::Tensor factor_;      // float scalar; undefined: no scaling
  at::Tensor good_steps_;  // int32 scalar
};

}  // namespace assay::train
