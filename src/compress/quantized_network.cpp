#include "compress/quantized_network.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "compress/equalise.h"
#include "compress/int8_operations.h"
#include "core/error.h"
#include "core/stop.h"
#include "models/operation.h"

namespace assay::compress {

using models::Activation;
using models::Node;
using models::Op;

namespace {

at::Tensor quantize(const at::Tensor& values, QuantParams params) {
  return at::quantize_per_tensor(values, params.scale, params.zero_point, at::kQUInt8);
}

/// Averages over everything but the channels. Shapes: (N, C, H, W) or (N, C) -> (C).
at::Tensor channel_means(const at::Tensor& values) {
  return values.dim() == 4 ? values.mean({0, 2, 3}) : values.mean(0);
}

/// What calibration learns of one node from the float network.
struct Observed {
  std::optional<RangeObserver> before_activation, output;
  at::Tensor channel_means;  ///< (C) before the activation
};

// `values` are those of a piece of `num_images` images.
void observe(std::optional<RangeObserver>& observer, const at::Tensor& values, std::int64_t num_images,
             const RangeOptions& options) {
  if (!observer) observer.emplace(values.numel() / values.size(0) * num_images, options);
  observer->observe(values);
}

/// The value of each node, piece by piece, until its last use.
class Values {
 public:
  explicit Values(const models::Graph& graph) : values_(graph.size()), last_use_(graph.size(), 0) {
    for (const auto& node : graph)
      for (const auto input : node.inputs) last_use_[input] = node.id;
  }

  void add(const Node& node, at::Tensor piece) { values_[node.id].push_back(std::move(piece)); }

  std::size_t num_pieces(const Node& node) const { return values_[node.inputs.front()].size(); }

  std::vector<at::Tensor> inputs(const Node& node, std::size_t piece) const {
    std::vector<at::Tensor> inputs;
    for (const auto input : node.inputs) inputs.push_back(values_[input][piece]);
    return inputs;
  }

  void release_inputs(const Node& node) {
    for (const auto input : node.inputs)
      if (last_use_[input] == node.id) values_[input].clear();
  }

 private:
  std::vector<std::vector<at::Tensor>> values_;
  std::vector<models::NodeId> last_use_;
};

/// Runs the float network on all images, piece by piece, and watches each node.
std::vector<Observed> observe_float(const models::Graph& graph, const std::vector<models::FoldedLayer>& folded,
                                    const at::Tensor& images, const QuantizeOptions& options) {
  std::vector<Observed> observed(graph.size());
  const auto num_images = images.size(0);
  for (const auto& piece : images.split(options.num_at_once, 0)) {
    const auto share = static_cast<double>(piece.size(0)) / static_cast<double>(num_images);
    const auto evaluate = [&](const Node& node, at::ArrayRef<at::Tensor> inputs) {
      auto& here = observed[node.id];
      if (!folded[node.id].weight.defined()) {
        auto value = models::evaluate_folded(node, folded[node.id], inputs);
        if (int8_operation(node.op).has_range) observe(here.output, value, num_images, options.range);
        return value;
      }
      const auto exact = models::apply_layer(node, folded[node.id], inputs[0]);
      const auto means = channel_means(exact) * share;
      here.channel_means = here.channel_means.defined() ? here.channel_means + means : means;
      observe(here.before_activation, exact, num_images, options.range);
      auto value = models::apply_activation(exact, node.activation);
      observe(here.output, value, num_images, options.range);
      return value;
    };
    models::run_graph(graph, piece.contiguous(at::MemoryFormat::ChannelsLast), evaluate);
    throw_if_stopped();
  }
  return observed;
}

}  // namespace

QuantizeOptions quantize_options(const std::string& engine, std::optional<std::int64_t> activation_bits) {
  QuantizeOptions options{.engine = engine, .range = {}};
  const auto num_bits = activation_bits.value_or(has_exact_int8_products() ? 8 : 7);
  options.range.max_level = num_bits == 7 ? 127 : 255;
  options.largest_grouped_weight = largest_grouped_weight(engine, options.range.max_level);
  return options;
}

bool lies_below(const std::string& layer, const std::string& name) {
  return layer == name || layer.starts_with(name + ".");
}

/// What a layer is quantized by.
struct QuantizedNetwork::Calibration {
  const at::Tensor& exact_means;          ///< (C_out) of the float network's layer, before the activation
  const std::vector<at::Tensor>& inputs;  ///< what the quantized layers before it feed it, in pieces
  std::int64_t num_images;
};

QuantizedNetwork::QuantizedNetwork(std::shared_ptr<models::Model> model, const at::Tensor& images,
                                   const QuantizeOptions& options)
    : model_(std::move(model)), graph_(model_->graph()), options_(options), layers_(graph_.size()) {
  const torch::NoGradGuard no_grad;
  ASSAY_CHECK(images.size(0) > 0);
  auto folded = models::fold_batch_norm(graph_);
  if (options_.equalise) num_equalised_ = equalise(graph_, folded);
  const auto observed = observe_float(graph_, folded, images, options);
  std::optional<RangeObserver> of_images;
  for (const auto& piece : images.split(options.num_at_once, 0)) {
    observe(of_images, piece, images.size(0), options_.range);
  }
  input_ = of_images->choose(Activation::kNone);
  Values rounded(graph_);
  for (const auto& piece : images.split(options.num_at_once, 0)) {
    rounded.add(graph_.front(), bounded(quantize(piece.contiguous(at::MemoryFormat::ChannelsLast), input_)));
  }
  for (const auto& node : graph_) {
    if (node.op == Op::kInput) continue;
    throw_if_stopped();
    const auto& here = observed[node.id];
    auto& layer = layers_[node.id];
    if (here.before_activation) layer.before_activation = here.before_activation->choose(node.activation);
    if (here.output) layer.output = here.output->choose(Activation::kNone);
    const auto num_pieces = rounded.num_pieces(node);
    if (folded[node.id].weight.defined()) {
      std::vector<at::Tensor> inputs;
      for (std::size_t i = 0; i < num_pieces; ++i) inputs.push_back(rounded.inputs(node, i).front());
      quantize_layer(node, folded[node.id], {here.channel_means, inputs, images.size(0)});
    }
    for (std::size_t i = 0; i < num_pieces; ++i) rounded.add(node, evaluate(node, rounded.inputs(node, i)));
    rounded.release_inputs(node);
  }
}

QuantizedNetwork::QuantizedNetwork(std::shared_ptr<models::Model> model, const Rounding& rounding,
                                   const QuantizeOptions& options)
    : model_(std::move(model)),
      graph_(model_->graph()),
      options_(options),
      input_(rounding.input),
      layers_(graph_.size()) {
  const torch::NoGradGuard no_grad;
  ASSAY_CHECK(rounding.places.size() == graph_.size());
  const auto folded = models::fold_batch_norm(graph_);
  for (const auto& node : graph_) {
    const auto& place = rounding.places[node.id];
    layers_[node.id].before_activation = place.before_activation;
    layers_[node.id].output = place.output;
    if (folded[node.id].weight.defined()) pack_layer(node, place.weight, folded[node.id].bias);
  }
}

void QuantizedNetwork::quantize_layer(const Node& node, const models::FoldedLayer& folded,
                                      const Calibration& calibration) {
  auto& layer = layers_[node.id];
  const auto make_float = [&] { return models::FoldedLayer{folded.weight, corrected_bias(node, folded, calibration)}; };
  const auto& kept = options_.keep_float;
  if (std::any_of(kept.begin(), kept.end(), [&](const auto& name) { return lies_below(node.name, name); })) {
    layer.in_float = make_float();
    return;
  }
  const auto weight = quantize_weight(folded.weight, largest_weight(node, options_.largest_grouped_weight));
  pack_layer(node, weight, corrected_bias(node, {weight.dequantize(), folded.bias}, calibration));
  if (options_.min_sqnr_db <= 0.0) return;
  const auto exact = make_float();
  layer.sqnr_db = measure_sqnr(node, exact, calibration);
  if (layer.sqnr_db >= options_.min_sqnr_db) return;
  layer.conv.reset();
  layer.linear.reset();
  layer.in_float = exact;
}

// Both biases are corrected for what comes in, so that only what the layer itself rounds is noise.
double QuantizedNetwork::measure_sqnr(const Node& node, const models::FoldedLayer& in_float,
                                      const Calibration& calibration) const {
  constexpr double kSmallestPower = 1e-30;
  double signal = 0.0, noise = 0.0;
  for (const auto& input : calibration.inputs) {
    const auto exact = models::evaluate_folded(node, in_float, {input.dequantize()});
    const auto value = evaluate(node, {input});
    const auto rounded = value.is_quantized() ? value.dequantize() : value;
    signal += exact.square().sum(at::kDouble).item<double>();
    noise += (rounded - exact).square().sum(at::kDouble).item<double>();
  }
  return 10.0 * std::log10(std::max(signal, kSmallestPower) / std::max(noise, kSmallestPower));
}

at::Tensor QuantizedNetwork::corrected_bias(const Node& node, const models::FoldedLayer& rounded,
                                            const Calibration& calibration) const {
  if (!options_.correct_bias) return rounded.bias;
  auto bias = rounded.bias + calibration.exact_means;
  for (const auto& input : calibration.inputs) {
    const auto share = static_cast<double>(input.size(0)) / static_cast<double>(calibration.num_images);
    bias = bias - channel_means(models::apply_layer(node, rounded, input.dequantize())) * share;
  }
  return bias;
}

void QuantizedNetwork::pack_layer(const Node& node, const at::Tensor& weight, const at::Tensor& bias) {
  if (node.op == Op::kConv) {
    layers_[node.id].conv = pack_conv(node, weight, bias);
  } else {
    layers_[node.id].linear = pack_linear(weight, bias);
  }
}

std::vector<std::string> QuantizedNetwork::float_layers() const {
  std::vector<std::string> names;
  for (const auto& node : graph_) {
    if (layers_[node.id].in_float.weight.defined()) names.push_back(node.name);
  }
  return names;
}

bool QuantizedNetwork::gives_logits(const Node& node) const {
  return node.op == Op::kLinear && node.id == graph_.back().id && node.activation == Activation::kNone;
}

at::Tensor QuantizedNetwork::evaluate_in_float(const Node& node, const at::Tensor& input) const {
  const auto value = models::evaluate_folded(node, layers_[node.id].in_float, {input.dequantize()});
  return gives_logits(node) ? value : quantize(value, layers_[node.id].output);
}

at::Tensor QuantizedNetwork::evaluate_layer(const Node& node, const at::Tensor& input) const {
  const auto& layer = layers_[node.id];
  if (gives_logits(node)) return linear_dynamic(input.dequantize(), layer.linear, options_.range.max_level < 255);
  const auto in_layer = models::row_of(node.activation).in_layer;
  const bool is_own_step = in_layer == models::ActivationRow::InLayer::kAfterwards;
  const bool relu = in_layer == models::ActivationRow::InLayer::kRelu;
  const auto params = is_own_step ? layer.before_activation : layer.output;
  auto value = node.op == Op::kConv ? conv(input, layer.conv, params, relu) : linear(input, layer.linear, params, relu);
  if (!is_own_step) return value;
  return models::apply_activation_int8(value, node.activation, layer.output.scale, layer.output.zero_point);
}

// LibTorch's operators saturate at level 255 alone. What lies beyond the measured range must not go beyond the levels
// either, or sums of two products overflow their 16 bits on processors without VNNI.
at::Tensor QuantizedNetwork::bounded(const at::Tensor& values) const {
  const auto max_level = options_.range.max_level;
  if (max_level == 255 || !values.is_quantized()) return values;
  const auto value_of = [&](std::int64_t level) {
    return static_cast<double>(level - values.q_zero_point()) * values.q_scale();
  };
  return at::clamp(values, value_of(0), value_of(max_level));
}

at::Tensor QuantizedNetwork::evaluate(const Node& node, at::ArrayRef<at::Tensor> inputs) const {
  return bounded(evaluate_unbounded(node, inputs));
}

at::Tensor QuantizedNetwork::evaluate_unbounded(const Node& node, at::ArrayRef<at::Tensor> inputs) const {
  const auto& layer = layers_[node.id];
  if (layer.conv || layer.linear) return evaluate_layer(node, inputs[0]);
  if (layer.in_float.weight.defined()) return evaluate_in_float(node, inputs[0]);
  const auto compute = int8_operation(node.op).compute;
  ASSAY_CHECK((compute != nullptr) == true);
  return compute(node, inputs, layer.output);
}

at::Tensor QuantizedNetwork::forward(const at::Tensor& images) const {
  torch::NoGradGuard no_grad;
  const auto logits =
      models::run_graph(graph_, bounded(quantize(images, input_)),
                        [this](const Node& node, at::ArrayRef<at::Tensor> inputs) { return evaluate(node, inputs); });
  return logits.is_quantized() ? logits.dequantize() : logits;
}

std::vector<QuantParams> QuantizedNetwork::value_params(const std::array<std::int64_t, 3>& image_shape) const {
  const torch::NoGradGuard no_grad;
  std::vector<QuantParams> params(graph_.size());
  params.front() = input_;
  const auto evaluate_and_note = [&](const Node& node, at::ArrayRef<at::Tensor> inputs) {
    auto value = evaluate(node, inputs);
    if (value.is_quantized()) params[node.id] = {value.q_scale(), value.q_zero_point()};
    return value;
  };
  const auto image = at::zeros({1, image_shape[0], image_shape[1], image_shape[2]});
  models::run_graph(graph_, bounded(quantize(image, input_)), evaluate_and_note);
  return params;
}

void QuantizedNetwork::register_weights(torch::jit::Module& module) const {
  for (const auto& node : graph_) {
    const auto& layer = layers_[node.id];
    const auto name = "weights" + std::to_string(node.id);
    if (layer.conv) module.register_attribute(name, c10::getCustomClassType<ConvWeights>(), c10::IValue(layer.conv));
    if (layer.linear)
      module.register_attribute(name, c10::getCustomClassType<LinearWeights>(), c10::IValue(layer.linear));
  }
}

}  // namespace assay::compress
