#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "models/model.h"

namespace assay::train {

/// Lets BatchNorm's running statistics begin as plain averages. With a momentum m, they hold (1 - m)^n of what they
/// began with after n passes: with the 0.01 of MobileNetV3 still a third after 100 passes, and validation then judges
/// by statistics that belong to no network. So pass n, from 0, has the momentum max(m, 1 / (n + 1)), which is the plain
/// average of all passes until it reaches the configured one.
class NormMomentum {
 public:
  /// `model` is borrowed.
  explicit NormMomentum(const torch::nn::Module& model);

  /// Says whether all layers have their configured momentum from pass `num_passes` on.
  bool has_settled(std::int64_t num_passes) const;

  /// Applies the momentum of a pass while it lives.
  class Scope {
   public:
    Scope(const NormMomentum& momentum, std::int64_t num_passes);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    const NormMomentum& momentum_;
  };

 private:
  // Layers of a plain average have none and are left alone.
  std::vector<std::pair<torch::nn::BatchNorm2dImpl*, double>> configured_;
};

}  // namespace assay::train
