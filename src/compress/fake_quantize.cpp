#include "compress/fake_quantize.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <cmath>

#include "compress/range.h"
#include "core/error.h"

namespace assay::compress {
namespace {

constexpr double kShareOfBatch = 0.01;  // as torch.ao's MovingAverageMinMaxObserver
constexpr double kSmallestScale = 1e-8;
constexpr double kSmallestExtreme = 1e-8;  // as quantize_weight()

/// Returns the scale and zero point of what an activation's int8 kernel gives when it is asked for `asked`.
QuantParams params_given(models::Activation activation, QuantParams asked) {
  if (models::row_of(activation).compute_int8 == nullptr) return asked;
  const auto zero = at::quantize_per_tensor(at::zeros({1}), 1.0, 0, at::kQUInt8);
  const auto value = models::apply_activation_int8(zero, activation, asked.scale, asked.zero_point);
  return {value.q_scale(), value.q_zero_point()};
}

bool has_own_scale(models::Activation activation) {
  return params_given(activation, {kSmallestScale, 0}).scale != kSmallestScale;
}

}  // namespace

RangeTraining find_range_training(std::string_view name) {
  if (name == "moving_average") return RangeTraining::kMovingAverage;
  if (name == "lsq") return RangeTraining::kLsq;
  throw Error(ErrorKind::kConfig, fmt::format("no way to train ranges is called \"{}\"", name), "",
              "one of: moving_average, lsq");
}

double lsq_gradient_factor(std::int64_t num_values, std::int64_t num_levels) {
  return 1.0 / std::sqrt(static_cast<double>(num_values) * static_cast<double>(num_levels));
}

ValueQuantizer::ValueQuantizer(QuantParams initial, const Options& options) : options_(options) {
  if (!has_own_scale(options_.activation)) options_.activation = models::Activation::kNone;
  if (options_.training == RangeTraining::kLsq && options_.activation == models::Activation::kNone) {
    scale_ = register_parameter("scale", at::full({1}, initial.scale, at::kFloat));
    zero_point_ = register_buffer("zero_point", at::full({1}, static_cast<double>(initial.zero_point), at::kFloat));
    return;
  }
  const auto value_of = [&](std::int64_t level) {
    return at::scalar_tensor(static_cast<double>(level - initial.zero_point) * initial.scale, at::kFloat);
  };
  low_ = register_buffer("low", value_of(0));
  high_ = register_buffer("high", value_of(options_.max_level));
}

at::Tensor ValueQuantizer::forward(const at::Tensor& values) {
  // Without gradients a training pass only recomputes BatchNorm's statistics.
  if (is_training() && torch::GradMode::is_enabled() && !is_frozen_) observe(values);
  return round(values);
}

at::Tensor ValueQuantizer::round(const at::Tensor& values) const {
  if (!rounds_) return values;
  const auto highest = options_.highest_level;
  if (!scale_.defined()) {
    const auto [scale, zero_point] = params();
    return at::fake_quantize_per_tensor_affine(values, scale, zero_point, 0, highest);
  }
  const auto factor = lsq_gradient_factor(values.numel() / values.size(0), options_.max_level);
  const auto scale = is_frozen_ ? limited_scale().detach() : limited_scale();
  return at::_fake_quantize_learnable_per_tensor_affine(values, scale, zero_point_, 0, highest, factor);
}

at::Tensor ValueQuantizer::average(const at::Tensor& values,
                                   const std::function<at::Tensor(const at::Tensor&)>& average_of) const {
  if (!rounds_) return average_of(values);
  const auto [scale, zero_point] = params();
  const auto levels = values / scale;
  const auto exact_levels = levels + (levels.round() - levels).detach();
  return at::fake_quantize_per_tensor_affine(average_of(exact_levels), 1.0, zero_point, 0, options_.highest_level) *
         scale;
}

void ValueQuantizer::observe(const at::Tensor& values) {
  if (scale_.defined()) return;
  const torch::NoGradGuard no_grad;
  const auto [low, high] = at::aminmax(values);
  low_.lerp_(low, kShareOfBatch);
  high_.lerp_(high, kShareOfBatch);
}

at::Tensor ValueQuantizer::limited_scale() const {
  return scale_.clamp(kSmallestScale, options_.largest_value / static_cast<double>(options_.max_level));
}

void ValueQuantizer::limit_scale() {
  const torch::NoGradGuard no_grad;
  if (scale_.defined()) scale_.copy_(limited_scale());
}

QuantParams ValueQuantizer::params() const {
  if (scale_.defined()) return {limited_scale().item<double>(), std::llround(zero_point_.item<double>())};
  return params_given(options_.activation,
                      params_of_range(low_.item<double>(), high_.item<double>(), options_.max_level));
}

WeightQuantizer::WeightQuantizer(const at::Tensor& weight, RangeTraining training, std::int64_t largest)
    : largest_(largest) {
  const auto initial = scale_for(weight);
  if (training == RangeTraining::kLsq) scale_ = register_parameter("scale", initial);
}

// Shapes: -> (C_out) float.
at::Tensor WeightQuantizer::scale_for(const at::Tensor& weight) const {
  if (scale_.defined()) return scale_.clamp_min(kSmallestScale);
  const torch::NoGradGuard no_grad;
  return weight.detach().abs().flatten(1).amax(1).clamp_min(kSmallestExtreme) / static_cast<double>(largest_);
}

at::Tensor WeightQuantizer::forward(const at::Tensor& weight) const {
  if (!rounds_) return weight;
  const auto scale = scale_for(weight);
  if (!scale_.defined()) {
    const auto zeros = at::zeros({weight.size(0)}, weight.options().dtype(at::kInt));
    return at::fake_quantize_per_channel_affine(weight, scale, zeros, 0, -largest_, largest_);
  }
  const auto factor = lsq_gradient_factor(weight[0].numel(), largest_);
  return at::_fake_quantize_learnable_per_channel_affine(weight, is_frozen_ ? scale.detach() : scale,
                                                         at::zeros_like(scale), 0, -largest_, largest_, factor);
}

at::Tensor WeightQuantizer::quantize(const at::Tensor& weight, const at::Tensor& gain) const {
  const torch::NoGradGuard no_grad;
  const auto scale = scale_for(weight);
  std::vector<std::int64_t> per_channel(static_cast<std::size_t>(weight.dim()), 1);
  per_channel.front() = -1;
  const auto levels =
      (weight / scale.view(per_channel)).round().clamp(-largest_, largest_) * gain.sign().view(per_channel);
  const auto scales = (scale.to(at::kDouble) * gain.abs()).clamp_min(kSmallestExtreme / static_cast<double>(largest_));
  return at::_make_per_channel_quantized_tensor(levels.to(at::kChar).contiguous(), scales,
                                                at::zeros({weight.size(0)}, at::kLong), 0);
}

void WeightQuantizer::limit_scale() {
  const torch::NoGradGuard no_grad;
  if (scale_.defined()) scale_.clamp_min_(kSmallestScale);
}

}  // namespace assay::compress
