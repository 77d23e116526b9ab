#include "compress/fake_quantization.h"

#include <c10/core/impl/LocalDispatchKeySet.h>
#include <fmt/format.h>
#include <torch/torch.h>

#include "compress/int8_operations.h"
#include "models/fused_norm.h"
#include "models/operation.h"

namespace assay::compress {

using models::Activation;
using models::Node;
using models::Op;
using InLayer = models::ActivationRow::InLayer;

namespace {

constexpr std::int64_t kHighestLevel = 255;  // of uint8

/// Returns the largest value that an activation can give; infinity for none.
double largest_value_of(Activation activation) {
  constexpr double kLarge = 1e6;
  const auto value = models::apply_activation(at::scalar_tensor(kLarge, at::kFloat), activation).item<double>();
  return value < kLarge ? value : std::numeric_limits<double>::infinity();
}

}  // namespace

FakeQuantization::FakeQuantization(const models::Graph& graph, const QuantizedNetwork& measured,
                                   const FakeQuantizationOptions& options)
    : graph_(&graph), max_level_(options.max_level) {
  input_ =
      add_values("images", measured.input(),
                 {.training = RangeTraining::kMovingAverage, .max_level = max_level_, .highest_level = max_level_});
  for (const auto& node : graph) {
    places_.push_back(make_place(node, measured, options));
    levels_.push_back(node.op == Op::kInput              ? input_
                      : places_.back().output != nullptr ? places_.back().output
                                                         : levels_[node.inputs.front()]);
    gives_logits_.push_back(measured.gives_logits(node));
  }
}

std::shared_ptr<FakeQuantization> FakeQuantization::attach(models::Model& model, const QuantizedNetwork& measured,
                                                           const FakeQuantizationOptions& options) {
  auto attached = std::make_shared<FakeQuantization>(model.graph(), measured, options);
  attached->train(model.is_training());
  model.register_module("fake_quantization", attached);
  model.set_forward([its = attached.get()](const at::Tensor& images) { return its->forward(images); });
  return attached;
}

std::shared_ptr<ValueQuantizer> FakeQuantization::add_values(const std::string& name, QuantParams initial,
                                                             const ValueQuantizer::Options& options) {
  auto quantizer = std::make_shared<ValueQuantizer>(initial, options);
  values_.push_back(quantizer);
  return register_module(name, std::move(quantizer));
}

FakeQuantization::Place FakeQuantization::make_place(const Node& node, const QuantizedNetwork& measured,
                                                     const FakeQuantizationOptions& options) {
  Place place;
  const auto& layer = measured.layers()[node.id];
  const bool has_weights = node.conv || node.linear;
  if (has_weights) {
    place.weight =
        std::make_shared<WeightQuantizer>(node.conv ? node.conv->weight : node.linear->weight, options.ranges,
                                          largest_weight(node, options.largest_grouped_weight));
    weights_.push_back(place.weight);
    register_module(fmt::format("weight{}", node.id), place.weight);
  }
  if (node.op == Op::kInput || measured.gives_logits(node) || !int8_operation(node.op).has_range) return place;
  const auto in_layer = models::row_of(node.activation).in_layer;
  ValueQuantizer::Options values{.training = options.ranges, .max_level = max_level_, .highest_level = max_level_};
  if (has_weights && in_layer == InLayer::kAfterwards) {
    // The layer's own result saturates at the highest level of uint8, whatever the largest that is used.
    place.before_activation =
        add_values(fmt::format("before_activation{}", node.id), layer.before_activation,
                   {.training = options.ranges, .max_level = max_level_, .highest_level = kHighestLevel});
    values.activation = node.activation;
  }
  if (in_layer == InLayer::kRelu) values.largest_value = largest_value_of(node.activation);
  place.output = add_values(fmt::format("output{}", node.id), layer.output, values);
  return place;
}

at::Tensor FakeQuantization::forward(const at::Tensor& images) {
  // Levels need the precision of float32.
  const c10::impl::ExcludeDispatchKeyGuard no_autocast(c10::autocast_dispatch_keyset);
  return models::run_graph(*graph_, input_->forward(images), [this](const Node& node, at::ArrayRef<at::Tensor> inputs) {
    return evaluate(node, inputs);
  });
}

at::Tensor FakeQuantization::evaluate(const Node& node, at::ArrayRef<at::Tensor> inputs) const {
  const auto& place = places_[node.id];
  if (place.weight) return evaluate_layer(node, inputs[0]);
  const auto compute = [&](at::ArrayRef<at::Tensor> values) {
    return models::row_of(node.op).compute(node, values, is_training());
  };
  if (node.op == Op::kGlobalPool || node.op == Op::kAveragePool) {
    return levels_[node.id]->average(inputs[0], [&](const at::Tensor& levels) { return compute({levels}); });
  }
  const auto value = compute(inputs);
  return place.output ? place.output->forward(value) : value;
}

at::Tensor FakeQuantization::evaluate_layer(const Node& node, const at::Tensor& input) const {
  const auto& place = places_[node.id];
  // What the layer itself applies; the rest follows on its rounded values.
  const auto within = place.before_activation ? Activation::kNone : node.activation;
  at::Tensor value;
  if (node.conv) {
    value = models::convolve(node, place.weight->forward(node.conv->weight), input, is_training());
    value = node.batch_norm ? models::normalise_and_activate(*node.batch_norm.ptr(), value, {}, within)
                            : models::apply_activation(value, within);
  } else {
    const auto rounded = gives_logits_[node.id] ? round_last_input(input) : input;
    value = at::linear(rounded, place.weight->forward(node.linear->weight), node.linear->bias);
    if (node.output_scale != 1.0) value = value * node.output_scale;
    value = models::apply_activation(value, within);
  }
  if (place.before_activation) {
    value = models::apply_activation(place.before_activation->forward(value), node.activation);
  }
  return place.output ? place.output->forward(value) : value;
}

// The last layer's kernel rounds its input once more, by the range of the batch. Its values lie on levels already, so
// that many are halfway between two new ones: as the kernel, this adds the zero point before it rounds.
at::Tensor FakeQuantization::round_last_input(const at::Tensor& values) const {
  if (!rounds_) return values;
  const bool reduces_range = max_level_ < kHighestLevel;
  const auto [scale, zero_point] = at::_choose_qparams_per_tensor(values.detach(), reduces_range);
  const auto levels = (values * (1.0F / static_cast<float>(scale)) + zero_point).round();
  const auto rounded = (levels.clamp(0, reduces_range ? 127 : kHighestLevel) - zero_point) * scale;
  return values + (rounded - values).detach();
}

void FakeQuantization::set_rounding(bool on) {
  rounds_ = on;
  for (const auto& one : values_) one->set_rounding(on);
  for (const auto& one : weights_) one->set_rounding(on);
}

void FakeQuantization::set_frozen(bool on) {
  for (const auto& one : values_) one->set_frozen(on);
  for (const auto& one : weights_) one->set_frozen(on);
}

void FakeQuantization::limit_scales() {
  for (const auto& one : values_) one->limit_scale();
  for (const auto& one : weights_) one->limit_scale();
}

Rounding FakeQuantization::rounding() const {
  Rounding rounding{input_->params(), std::vector<Rounding::Place>(graph_->size())};
  for (const auto& node : *graph_) {
    const auto& place = places_[node.id];
    auto& given = rounding.places[node.id];
    if (place.before_activation) given.before_activation = place.before_activation->params();
    if (place.output) given.output = place.output->params();
    if (!place.weight) continue;
    given.weight =
        place.weight->quantize(node.conv ? node.conv->weight : node.linear->weight, models::folding_gain(node));
  }
  return rounding;
}

}  // namespace assay::compress
