#pragma once

#include <torch/nn/module.h>

#include <functional>
#include <limits>
#include <string_view>

#include "compress/quantized_ops.h"

namespace assay::compress {

/// How the ranges of a network that trains with rounding are found.
enum class RangeTraining {
  kMovingAverage,  ///< ends averaged over the batches, each counting 1 %; weights: their largest value
  kLsq,            ///< scales are parameters with a gradient
};

/// Finds a way by its name in a configuration: "moving_average", "lsq". Errors: Error(kConfig) for another word.
RangeTraining find_range_training(std::string_view name);

/// Returns the factor on the gradient of a learned scale, which makes scales move, in relation to their size, about as
/// fast as weights: 1 / sqrt(num_values * num_levels). Source: Esser et al., Learned Step Size Quantization, arXiv
/// 1902.08153, section 2.2.
double lsq_gradient_factor(std::int64_t num_values, std::int64_t num_levels);

/// Rounds the values of one place of a network to the levels of uint8, and gives them back in float. The gradient
/// passes unchanged to values in the range and not to others. Learned is the scale alone: zero stays where the first
/// range put it, so that it is represented exactly.
/// Source of the learned scale's gradient: arXiv 1902.08153, equation 3; unlike there the scale begins with a measured
/// range, since at 8 bits the paper's own beginning is several times as coarse.
class ValueQuantizer final : public torch::nn::Module {
 public:
  struct Options {
    RangeTraining training = RangeTraining::kMovingAverage;
    std::int64_t max_level = 255;      ///< a range is divided into 0 ... max_level
    std::int64_t highest_level = 255;  ///< at which values saturate, beyond the range if it exceeds max_level
    double largest_value = std::numeric_limits<double>::infinity();  ///< where the range ends at the latest
    /// Whose int8 kernel gives the values; where it has a scale of its own, that is taken, and none is learned.
    models::Activation activation = models::Activation::kNone;
  };

  ValueQuantizer(QuantParams initial, const Options& options);

  /// Rounds; in a training pass a moving average looks at the values first.
  at::Tensor forward(const at::Tensor& values);

  /// Computes averages of values that were rounded here, and rounds them to the same levels. As the int8 kernels, it
  /// averages levels: half a level between two, which is frequent there, is then exact. No scale learns from it.
  at::Tensor average(const at::Tensor& values, const std::function<at::Tensor(const at::Tensor&)>& average_of) const;

  QuantParams params() const;

  void set_rounding(bool on) { rounds_ = on; }   ///< off: values pass as they are
  void set_frozen(bool on) { is_frozen_ = on; }  ///< on: the range stays as it is
  void limit_scale();                            ///< brings a learned scale back to where it may be

 private:
  void observe(const at::Tensor& values);
  at::Tensor round(const at::Tensor& values) const;
  at::Tensor limited_scale() const;

  Options options_;
  bool rounds_ = true;
  bool is_frozen_ = false;
  at::Tensor low_, high_;  // scalars, of a moving average
  at::Tensor scale_;       // (1), learned; undefined: a moving average
  at::Tensor zero_point_;  // (1) float, beside a learned scale
};

/// Rounds the weights of a layer to integers of at most `largest`, symmetrically, with one scale for each output
/// channel, and gives them back in float. The scale of a channel follows its largest weight, or is learned.
class WeightQuantizer final : public torch::nn::Module {
 public:
  /// Shapes: weight (C_out, ...).
  WeightQuantizer(const at::Tensor& weight, RangeTraining training, std::int64_t largest);

  at::Tensor forward(const at::Tensor& weight) const;

  /// Returns the int8 weight of the layer into which a BatchNorm is folded, whose gain multiplies each channel: the
  /// very integers that forward() rounds to, negated where the gain is negative.
  /// Shapes: gain (C_out) double.
  at::Tensor quantize(const at::Tensor& weight, const at::Tensor& gain) const;

  void set_rounding(bool on) { rounds_ = on; }
  void set_frozen(bool on) { is_frozen_ = on; }
  void limit_scale();

 private:
  at::Tensor scale_for(const at::Tensor& weight) const;

  std::int64_t largest_;
  bool rounds_ = true;
  bool is_frozen_ = false;
  at::Tensor scale_;  // (C_out), learned; undefined: from the weights
};

}  // namespace assay::compress
