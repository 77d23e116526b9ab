#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "models/model.h"

namespace assay::train {

/// More steps than it takes until all layers have their configured momentum.
constexpr std::int64_t kSettledSteps = 1'000'000;

/// Lets BatchNorm's running statistics keep up with a training that has just begun. With a momentum m, they hold
/// (1 - m)^n of what they began with after n passes: with the 0.01 of MobileNetV3 still a third after 100 passes, and
/// validation then judges by statistics that belong to no network. So a pass after n others has at least the momentum
/// 20 / (20 + n), which averages over the last twentieth of the training so far: n is rounded down to a power of two,
/// so that recorded passes (recorded_pass.h) are recorded anew only as often.
class NormMomentum {
 public:
  /// `model` is borrowed.
  explicit NormMomentum(const torch::nn::Module& model);

  /// Returns the least momentum of a pass after `num_passes` others; 0 where all layers have at least that anyway.
  double least(std::int64_t num_passes) const;

  /// Gives all layers at least a momentum while it lives. Layers that compute a plain average are left alone.
  class Scope {
   public:
    Scope(const NormMomentum& momentum, double least);
    ~Scope();
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    const NormMomentum& momentum_;
  };

 private:
  std::vector<std::pair<torch::nn::BatchNorm2dImpl*, double>> configured_;
};

}  // namespace assay::train
