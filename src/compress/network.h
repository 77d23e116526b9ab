#pragma once

#include <torch/csrc/jit/api/module.h>

#include <memory>
#include <string>

#include "models/model.h"

namespace assay::compress {

/// The int8 form of a network. It computes with LibTorch's engine `engine()`, which must be in force.
class Quantized {
 public:
  virtual ~Quantized() = default;

  /// Computes logits. Shapes: images (N, C, H, W) float, normalised -> (N, K) float.
  virtual at::Tensor forward(const at::Tensor& images) const = 0;

  /// Makes the packed weights attributes of a TorchScript module, as tracing wants them.
  virtual void register_weights(torch::jit::Module& module) const = 0;

  virtual std::string engine() const = 0;  ///< empty where none is needed
};

/// A network on its way through the steps of a technique, until an exporter takes it.
struct Network {
  std::shared_ptr<models::Model> model;        ///< in float, in evaluation mode
  std::shared_ptr<const Quantized> quantized;  ///< null: it computes in float
  bool holds_zeros = false;                    ///< it was made sparse: training leaves weights of zero where they are
};

}  // namespace assay::compress
