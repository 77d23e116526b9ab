#include "models/fused_norm.h"

#include <ATen/Parallel.h>
#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "models/norm_kernels.h"

namespace assay::models {
namespace {

constexpr std::int64_t kBlockFloats = 16384;  // 64 KB: two of them stay in a core's own cache
constexpr std::int64_t kMostRows = 256;       // are added up in float; further on, in double

// Cuts (N, C, H, W), channels last, into blocks of rows. The cut depends on the shape alone.
struct Blocks {
  explicit Blocks(const at::Tensor& values)
      : num_channels(values.size(1)),
        num_rows(values.numel() / num_channels),
        rows_each(std::clamp<std::int64_t>(kBlockFloats / num_channels, 1, kMostRows)),
        count((num_rows + rows_each - 1) / rows_each) {}

  RowBlock block(std::int64_t index) const { return {std::min(rows_each, num_rows - index * rows_each), num_channels}; }
  std::int64_t offset(std::int64_t index) const { return index * rows_each * num_channels; }

  template <typename Body>
  void for_each(const Body& body) const {
    at::parallel_for(0, count, 1, [&](std::int64_t begin, std::int64_t end) {
      for (auto index = begin; index < end; ++index) body(index);
    });
  }

  std::int64_t num_channels, num_rows, rows_each, count;
};

struct Moments {
  std::vector<double> mean;      // (C)
  std::vector<double> variance;  // (C), biased
};

// Joins the moments of the blocks.
Moments measure_channels(const Blocks& blocks, const at::Tensor& values) {
  const auto moments_of_blocks = at::empty({2, blocks.count, blocks.num_channels}, at::kFloat);
  const auto* from = values.const_data_ptr<float>();
  auto* means = moments_of_blocks.mutable_data_ptr<float>();
  auto* deviations = means + blocks.count * blocks.num_channels;
  blocks.for_each([&](std::int64_t i) {
    const auto place = i * blocks.num_channels;
    measure_block(blocks.block(i), from + blocks.offset(i), means + place, deviations + place);
  });
  const auto num_channels = static_cast<std::size_t>(blocks.num_channels);
  const auto share_of = [&](std::int64_t i) {
    return static_cast<double>(blocks.block(i).num_rows) / static_cast<double>(blocks.num_rows);
  };
  Moments moments{std::vector<double>(num_channels), std::vector<double>(num_channels)};
  for (std::int64_t i = 0; i < blocks.count; ++i, means += num_channels) {
    for (std::size_t c = 0; c < num_channels; ++c) moments.mean[c] += share_of(i) * means[c];
  }
  means = moments_of_blocks.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < blocks.count; ++i, means += num_channels, deviations += num_channels) {
    for (std::size_t c = 0; c < num_channels; ++c) {
      const auto distance = means[c] - moments.mean[c];
      moments.variance[c] += share_of(i) * distance * distance + deviations[c] / static_cast<double>(blocks.num_rows);
    }
  }
  return moments;
}

// As torch::nn::BatchNorm2d's forward pass in training does.
void update_running_values(torch::nn::BatchNorm2dImpl& norm, const Moments& moments, std::int64_t num_rows) {
  if (!norm.running_mean.defined()) return;
  norm.num_batches_tracked += 1;
  const auto momentum = norm.options.momentum();
  const auto share = momentum ? *momentum : 1.0 / norm.num_batches_tracked.item<double>();
  const auto unbiased = static_cast<double>(num_rows) / static_cast<double>(num_rows - 1);
  auto* mean = norm.running_mean.mutable_data_ptr<float>();
  auto* variance = norm.running_var.mutable_data_ptr<float>();
  for (std::size_t c = 0; c < moments.mean.size(); ++c) {
    mean[c] = static_cast<float>((1.0 - share) * mean[c] + share * moments.mean[c]);
    variance[c] = static_cast<float>((1.0 - share) * variance[c] + share * unbiased * moments.variance[c]);
  }
}

// Is what z = values * gain + offset is made of: rows of one (4, C) tensor.
struct Scale {
  explicit Scale(const at::Tensor& rows)
      : gain(rows.mutable_data_ptr<float>()),
        offset(gain + rows.size(1)),
        mean(offset + rows.size(1)),
        inverse_deviation(mean + rows.size(1)) {}
  float *gain, *offset, *mean, *inverse_deviation;
};

at::Tensor make_scale(const Moments& moments, const at::Tensor& weight, const at::Tensor& bias, double epsilon) {
  auto rows = at::empty({4, weight.numel()}, at::kFloat);
  const Scale scale(rows);
  const auto* weights = weight.const_data_ptr<float>();
  const auto* biases = bias.const_data_ptr<float>();
  for (std::size_t c = 0; c < moments.mean.size(); ++c) {
    const auto inverse = 1.0 / std::sqrt(moments.variance[c] + epsilon);
    scale.gain[c] = static_cast<float>(weights[c] * inverse);
    scale.offset[c] = static_cast<float>(biases[c] - moments.mean[c] * weights[c] * inverse);
    scale.mean[c] = static_cast<float>(moments.mean[c]);
    scale.inverse_deviation[c] = static_cast<float>(inverse);
  }
  return rows;
}

at::Tensor activate_all(const Blocks& blocks, const Scale& scale, const at::Tensor& values, const at::Tensor& residual,
                        Activation activation) {
  auto result = at::empty_like(values);
  const auto* from = values.const_data_ptr<float>();
  const auto* other = residual.defined() ? residual.const_data_ptr<float>() : nullptr;
  auto* to = result.mutable_data_ptr<float>();
  blocks.for_each([&](std::int64_t i) {
    const auto place = blocks.offset(i);
    activate_block(blocks.block(i), activation, from + place, scale.gain, scale.offset,
                   other == nullptr ? nullptr : other + place, to + place);
  });
  return result;
}

struct NormGradients {
  at::Tensor values, weight, bias;
};

// Computes the gradients of weight and bias, and the (2, C) slopes and shifts that propagate_block wants.
at::Tensor reduce_gradient(const Blocks& blocks, const at::Tensor& gradient, const at::Tensor& values,
                           const Scale& scale, Activation activation, NormGradients& result) {
  const auto sums_of_blocks = at::empty({2, blocks.count, blocks.num_channels}, at::kFloat);
  const auto* own = gradient.const_data_ptr<float>();
  const auto* from = values.const_data_ptr<float>();
  auto* sums = sums_of_blocks.mutable_data_ptr<float>();
  auto* products = sums + blocks.count * blocks.num_channels;
  blocks.for_each([&](std::int64_t i) {
    const auto place = i * blocks.num_channels;
    sum_gradient_block(blocks.block(i), activation, own + blocks.offset(i), from + blocks.offset(i), scale.gain,
                       scale.offset, scale.mean, sums + place, products + place);
  });
  auto line = at::empty({2, blocks.num_channels}, at::kFloat);
  auto* slope = line.mutable_data_ptr<float>();
  auto* shift = slope + blocks.num_channels;
  result.weight = at::empty({blocks.num_channels}, at::kFloat);
  result.bias = at::empty({blocks.num_channels}, at::kFloat);
  std::vector<double> totals(2 * static_cast<std::size_t>(blocks.num_channels));
  for (std::int64_t i = 0; i < 2 * blocks.count; ++i, sums += blocks.num_channels) {
    auto* total = totals.data() + (i < blocks.count ? 0 : blocks.num_channels);
    for (std::int64_t c = 0; c < blocks.num_channels; ++c) total[c] += sums[c];
  }
  for (std::int64_t c = 0; c < blocks.num_channels; ++c) {
    const auto sum = totals[static_cast<std::size_t>(c)];
    const auto product = totals[static_cast<std::size_t>(c + blocks.num_channels)];
    const double inverse = scale.inverse_deviation[c];
    const auto per_row = scale.gain[c] / static_cast<double>(blocks.num_rows);
    slope[c] = static_cast<float>(-per_row * inverse * inverse * product);
    shift[c] = static_cast<float>(-per_row * sum);
    result.weight.mutable_data_ptr<float>()[c] = static_cast<float>(product * inverse);
    result.bias.mutable_data_ptr<float>()[c] = static_cast<float>(sum);
  }
  return line;
}

// `gradient` is that of activation(z).
NormGradients differentiate_norm(const at::Tensor& gradient, const at::Tensor& values, const Scale& scale,
                                 Activation activation) {
  const Blocks blocks(values);
  NormGradients result;
  const auto line = reduce_gradient(blocks, gradient, values, scale, activation, result);
  result.values = at::empty_like(values);
  const auto* own = gradient.const_data_ptr<float>();
  const auto* from = values.const_data_ptr<float>();
  const auto* slope = line.const_data_ptr<float>();
  const auto* shift = slope + blocks.num_channels;
  auto* to = result.values.mutable_data_ptr<float>();
  blocks.for_each([&](std::int64_t i) {
    const auto place = blocks.offset(i);
    propagate_block(blocks.block(i), activation, own + place, from + place, scale.gain, scale.offset, scale.mean, slope,
                    shift, to + place);
  });
  return result;
}

class FusedNorm final : public torch::autograd::Function<FusedNorm> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& values,
                            const at::Tensor& weight, const at::Tensor& bias, const std::optional<at::Tensor>& added,
                            torch::nn::BatchNorm2dImpl* norm, std::int64_t activation) {
    const torch::NoGradGuard no_grad;
    const Blocks blocks(values);
    const auto residual = added.value_or(at::Tensor());
    const auto moments = measure_channels(blocks, values);
    update_running_values(*norm, moments, blocks.num_rows);
    const auto scale = make_scale(moments, weight, bias, norm->options.eps());
    auto result = activate_all(blocks, Scale(scale), values, residual, static_cast<Activation>(activation));
    context->saved_data["activation"] = activation;
    context->saved_data["has_residual"] = residual.defined();
    context->save_for_backward({values, scale, residual.defined() ? result : at::Tensor()});
    return result;
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    ASSAY_CHECK(!torch::GradMode::is_enabled());  // a second derivative would silently be wrong
    const auto saved = context->get_saved_variables();
    auto gradient = gradients[0].contiguous(at::MemoryFormat::ChannelsLast);
    auto activation = static_cast<Activation>(context->saved_data["activation"].toInt());
    at::Tensor residual_gradient;
    if (context->saved_data["has_residual"].toBool()) {
      if (activation == Activation::kRelu) gradient = at::threshold_backward(gradient, saved[2], 0.0);
      activation = Activation::kNone;
      residual_gradient = gradient;
    }
    const auto own = differentiate_norm(gradient, saved[0], Scale(saved[1]), activation);
    return {own.values, own.weight, own.bias, residual_gradient, at::Tensor(), at::Tensor()};
  }
};

bool suits_kernel(const at::Tensor& values) {
  return values.device().is_cpu() && values.scalar_type() == at::kFloat && values.dim() == 4 &&
         values.is_contiguous(at::MemoryFormat::ChannelsLast);
}

bool has_kernel(const torch::nn::BatchNorm2dImpl& norm, const at::Tensor& values, const at::Tensor& residual,
                Activation activation) {
  if (!norm.is_training() || !has_norm_kernel(activation) || !norm.weight.defined()) return false;
  if (torch::jit::tracer::isTracing() || !suits_kernel(values) || values.numel() <= values.size(1)) return false;
  if (!residual.defined()) return true;
  return activation != Activation::kHardswish && suits_kernel(residual) && residual.sizes() == values.sizes();
}

}  // namespace

at::Tensor normalise_and_activate(torch::nn::BatchNorm2dImpl& norm, const at::Tensor& values,
                                  const at::Tensor& residual, Activation activation) {
  if (has_kernel(norm, values, residual, activation)) {
    const auto added = residual.defined() ? std::optional(residual) : std::nullopt;
    return FusedNorm::apply(values, norm.weight, norm.bias, added, &norm, static_cast<std::int64_t>(activation));
  }
  auto result = norm.forward(values);
  if (residual.defined()) result = result + residual;
  return apply_activation(result, activation);
}

}  // namespace assay::models
