#include "models/topology.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include "core/error.h"
#include "models/operation.h"

namespace assay::models {
namespace {

constexpr std::int64_t kMostChannels = 1 << 20;
constexpr std::int64_t kMostNodes = 100'000;

std::vector<double> to_numbers(const at::Tensor& values) {
  const auto flat = values.to(at::kDouble).contiguous().view({-1});
  return {flat.const_data_ptr<double>(), flat.const_data_ptr<double>() + flat.numel()};
}

Json describe_node(const Node& node) {
  Json json = {{"op", row_of(node.op).name}, {"name", node.name}, {"inputs", node.inputs}};
  if (node.activation != Activation::kNone) json["activation"] = row_of(node.activation).name;
  if (node.op == Op::kInput) json["channels"] = node.num_channels;
  if (node.conv) {
    const auto& options = node.conv->options;
    json["in"] = options.in_channels();
    json["out"] = options.out_channels();
    json["kernel"] = options.kernel_size()->at(0);
    json["stride"] = options.stride()->at(0);
    json["groups"] = options.groups();
    json["bias"] = options.bias();
    const auto padding = std::get<torch::ExpandingArray<2>>(options.padding())->at(0);
    if (padding == 0 && options.kernel_size()->at(0) > 1) json["padded"] = false;
  }
  if (node.batch_norm) {
    const auto& options = node.batch_norm->options;
    json["norm"] = {{"name", node.norm_name}, {"epsilon", options.eps()}};
    if (options.momentum()) json["norm"]["momentum"] = *options.momentum();
  }
  if (node.linear) {
    json["in"] = node.linear->options.in_features();
    json["out"] = node.linear->options.out_features();
    if (node.output_scale != 1.0) json["scale"] = node.output_scale;
  }
  if (node.dropout) json["rate"] = node.dropout->options.p();
  if (node.stochastic_depth) json["rate"] = node.stochastic_depth->rate;
  if (node.op == Op::kMaxPool || node.op == Op::kAveragePool || node.op == Op::kSamePad) {
    json["window"] = {node.window.kernel, node.window.stride, node.window.padding};
  }
  if (node.map_weight.defined()) {
    json["rows"] = node.map_weight.size(0);
    json["weight"] = to_numbers(node.map_weight);
    json["bias"] = to_numbers(node.map_bias);
  }
  if (!node.mixing.empty()) json["mixing"] = node.mixing_names;
  return json;
}

std::int64_t get_count(const Json& json, const char* key, std::int64_t largest = kMostChannels) {
  const auto count = json.at(key).get<std::int64_t>();
  if (count < 1 || count > largest) throw Error(ErrorKind::kData, fmt::format("{} = {}", key, count));
  return count;
}

Window get_window(const Json& json) {
  const auto [kernel, stride, padding] = json.at("window").get<std::array<std::int64_t, 3>>();
  const bool fits = kernel >= 1 && kernel <= 99 && stride >= 1 && padding >= 0 && padding <= kernel / 2;
  if (!fits) throw Error(ErrorKind::kData, "a window that cannot be");
  return {kernel, stride, padding};
}

/// Adds the nodes of a description to a model, one after another.
class Builder {
 public:
  explicit Builder(Model& model) : model_(model) {}

  void add(const Json& json) {
    const auto op = find_operation(json.at("op").get<std::string>());
    inputs_ = json.at("inputs").get<std::vector<NodeId>>();
    for (const auto input : inputs_) {
      if (input >= model_.graph().size()) throw Error(ErrorKind::kData, fmt::format("input {} comes later", input));
    }
    const bool is_pair = op == Op::kAdd || op == Op::kMultiply;
    if (inputs_.empty() != (op == Op::kInput) || (is_pair && inputs_.size() != 2)) {
      throw Error(ErrorKind::kData, "a wrong number of inputs");
    }
    activation_ =
        json.contains("activation") ? find_activation(json["activation"].get<std::string>()) : Activation::kNone;
    name_ = json.at("name").get<std::string>();
    add(op, json);
  }

 private:
  void add(Op op, const Json& json) {
    switch (op) {
      case Op::kInput:
        model_.add_input(get_count(json, "channels"));
        return;
      case Op::kConv:
        return add_conv(json);
      case Op::kLinear:
        model_.add_linear(name_, inputs_[0], get_count(json, "in"), get_count(json, "out"), activation_,
                          json.value("scale", 1.0));
        return;
      case Op::kChannelMap:
        return add_channel_map(json);
      case Op::kGlobalPool:
        model_.add_global_pool(inputs_[0]);
        return;
      case Op::kMaxPool:
      case Op::kAveragePool:
        model_.add_pool(op, inputs_[0], get_window(json));
        return;
      case Op::kSamePad: {
        const auto window = get_window(json);
        model_.add_same_pad(inputs_[0], window.kernel, window.stride);
        return;
      }
      case Op::kFlatten:
        model_.add_flatten(inputs_[0]);
        return;
      case Op::kDropout:
        model_.add_dropout(name_, inputs_[0], json.at("rate"));
        return;
      case Op::kStochasticDepth:
        model_.add_stochastic_depth(name_, inputs_[0], json.at("rate"));
        return;
      case Op::kMultiply:
        model_.add_multiply(inputs_[0], inputs_[1], activation_);
        return;
      case Op::kAdd:
        model_.add_sum(inputs_[0], inputs_[1], activation_);
        return;
      case Op::kMix:
        return add_mix(json);
      case Op::kConcatenate:
        model_.add_concatenation(inputs_);
        return;
    }
    throw Error(ErrorKind::kData, "an operation that cannot be read");
  }

  void add_conv(const Json& json) {
    Model::ConvOptions options{.in_channels = get_count(json, "in"),
                               .out_channels = get_count(json, "out"),
                               .kernel = get_count(json, "kernel", 99),
                               .stride = get_count(json, "stride", 99),
                               .groups = get_count(json, "groups"),
                               .bias = json.at("bias"),
                               .activation = activation_,
                               .is_padded = json.value("padded", true)};
    const auto node = model_.add_conv(name_, inputs_[0], options);
    if (!json.contains("norm")) return;
    const auto& norm = json["norm"];
    std::optional<double> momentum;
    if (norm.contains("momentum")) momentum = norm["momentum"].get<double>();
    model_.add_batch_norm(norm.at("name"), node, norm.at("epsilon"), momentum);
  }

  void add_channel_map(const Json& json) {
    const auto weight = json.at("weight").get<std::vector<double>>();
    const auto bias = json.at("bias").get<std::vector<double>>();
    const auto rows = get_count(json, "rows");
    if (bias.size() != static_cast<std::size_t>(rows) || weight.empty() || weight.size() % bias.size() != 0) {
      throw Error(ErrorKind::kData, "a map of channels whose numbers do not fit");
    }
    model_.add_channel_map(inputs_[0], at::tensor(weight, at::kFloat).view({rows, -1}), at::tensor(bias, at::kFloat));
  }

  void add_mix(const Json& json) {
    auto paths = json.at("mixing").get<std::vector<std::string>>();
    if (paths.size() != inputs_.size()) throw Error(ErrorKind::kData, "a mix with another number of weights");
    const std::vector<double> initial(paths.size(), 0.0);
    model_.add_mix(inputs_, std::move(paths), initial);
  }

  Model& model_;
  std::vector<NodeId> inputs_;
  Activation activation_ = Activation::kNone;
  std::string name_;
};

}  // namespace

Json describe_graph(const Graph& graph) {
  auto nodes = Json::array();
  for (const auto& node : graph) nodes.push_back(describe_node(node));
  return {{"nodes", nodes}};
}

std::shared_ptr<Model> build_model(const Json& description) {
  auto model = std::make_shared<Model>();
  std::size_t place = 0;
  try {
    const auto& nodes = description.at("nodes");
    if (!nodes.is_array() || nodes.empty() || nodes.size() > kMostNodes)
      throw Error(ErrorKind::kData, "no list of nodes");
    Builder builder(*model);
    for (const auto& node : nodes) {
      builder.add(node);
      ++place;
    }
  } catch (const Error& error) {
    throw Error(ErrorKind::kData, fmt::format("node {} of the network's description: {}", place, error.message()));
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kData, fmt::format("node {} of the network's description: {}", place, error.what()));
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::kData,
                fmt::format("node {} of the network's description: {}", place, error.what_without_backtrace()));
  }
  return model;
}

}  // namespace assay::models
