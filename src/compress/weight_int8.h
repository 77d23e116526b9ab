#pragma once

#include <memory>
#include <string>
#include <vector>

#include "compress/network.h"

namespace assay::compress {

/// A network whose weights are kept in int8, with a float scale for each output channel, and which computes in float:
/// each weight becomes float before it is used. In TorchScript int8 weights and scales are constants of the code, which
/// LibTorch's executor combines once, in the first calls. So the file has a quarter of the size, and an image takes
/// what it takes in float, in time and in memory.
class WeightInt8Network final : public Quantized {
 public:
  struct Layer {
    at::Tensor levels;  ///< (C_out, ...) int8; undefined where a node has no weights
    at::Tensor scale;   ///< (C_out, 1, ...) float
    at::Tensor bias;    ///< (C_out) float
  };

  /// Rounds the weights of a network into which BatchNorm is folded.
  explicit WeightInt8Network(std::shared_ptr<models::Model> model);

  at::Tensor forward(const at::Tensor& images) const override;
  void register_weights(torch::jit::Module& /*module*/) const override {}
  std::string engine() const override { return ""; }

  const models::Graph& graph() const { return model_->graph(); }
  const std::vector<Layer>& layers() const { return layers_; }  ///< one a node

 private:
  std::shared_ptr<models::Model> model_;
  std::vector<Layer> layers_;
};

}  // namespace assay::compress
