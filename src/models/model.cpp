#include "models/model.h"

#include <torch/torch.h>

#include <algorithm>

#include "core/cache_folder.h"
#include "core/error.h"
#include "core/sha256.h"
#include "models/channels.h"
#include "models/checkpointing.h"
#include "models/float_evaluator.h"
#include "models/operation.h"
#include "models/plugin.h"
#include "models/weights.h"

namespace assay::models {

at::Tensor Model::forward(const at::Tensor& images) {
  if (forward_) return forward_(images);
  if (checkpoints_gradients_ && is_training() && torch::GradMode::is_enabled()) return run_checkpointed(graph_, images);
  return run_graph(graph_, images, FloatEvaluator(graph_, is_training()));
}

std::int64_t Model::num_parameters() const {
  std::int64_t count = 0;
  for (const auto& parameter : parameters()) count += parameter.numel();
  return count;
}

Node& Model::append(Op op, std::string name, std::vector<NodeId> inputs) {
  const auto id = graph_.size();
  if (name.empty()) name = "node" + std::to_string(id);
  graph_.push_back({id, op, std::move(name), std::move(inputs)});
  return graph_.back();
}

torch::nn::Module& Model::parent_of(const std::string& path) {
  torch::nn::Module* parent = this;
  std::size_t begin = 0;
  for (auto dot = path.find('.'); dot != std::string::npos; dot = path.find('.', begin)) {
    const auto part = path.substr(begin, dot - begin);
    const auto children = parent->named_children();
    const auto* child = children.find(part);
    parent = child != nullptr ? child->get()
                              : parent->register_module(part, std::make_shared<torch::nn::Module>(part)).get();
    begin = dot + 1;
  }
  return *parent;
}

void Model::register_at(const std::string& path, std::shared_ptr<torch::nn::Module> module) {
  parent_of(path).register_module(path.substr(path.rfind('.') + 1), std::move(module));
}

NodeId Model::add_input(std::int64_t num_channels) {
  auto& node = append(Op::kInput, "images", {});
  node.num_channels = num_channels;
  return node.id;
}

NodeId Model::add_conv(const std::string& path, NodeId input, const ConvOptions& options) {
  auto& node = append(Op::kConv, path, {input});
  node.activation = options.activation;
  node.conv = torch::nn::Conv2d(torch::nn::Conv2dOptions(options.in_channels, options.out_channels, options.kernel)
                                    .stride(options.stride)
                                    .padding(options.is_padded ? (options.kernel - 1) / 2 : 0)
                                    .groups(options.groups)
                                    .bias(options.bias));
  register_at(path, node.conv.ptr());
  return node.id;
}

void Model::add_batch_norm(const std::string& path, NodeId node, double epsilon, std::optional<double> momentum) {
  auto& conv = graph_.at(node);
  if (conv.conv.is_empty()) throw Error(ErrorKind::kInternal, path + ": BatchNorm behind what is no convolution");
  const auto options = torch::nn::BatchNorm2dOptions(conv.conv->options.out_channels()).eps(epsilon).momentum(momentum);
  conv.batch_norm = torch::nn::BatchNorm2d(options);
  conv.norm_name = path;
  register_at(path, conv.batch_norm.ptr());
}

NodeId Model::add_conv_norm(const std::string& conv_path, const std::string& norm_path, NodeId input,
                            const ConvOptions& options) {
  const auto node = add_conv(conv_path, input, options);
  add_batch_norm(norm_path, node, 1e-5, 0.1);
  return node;
}

NodeId Model::add_linear(const std::string& path, NodeId input, std::int64_t num_in, std::int64_t num_out,
                         Activation activation, double output_scale) {
  auto& node = append(Op::kLinear, path, {input});
  node.activation = activation;
  node.output_scale = output_scale;
  node.linear = torch::nn::Linear(num_in, num_out);
  register_at(path, node.linear.ptr());
  return node.id;
}

NodeId Model::add_dropout(const std::string& path, NodeId input, double probability) {
  auto& node = append(Op::kDropout, path, {input});
  node.dropout = torch::nn::Dropout(probability);
  register_at(path, node.dropout.ptr());
  return node.id;
}

NodeId Model::add_global_pool(NodeId input) { return append(Op::kGlobalPool, "", {input}).id; }

NodeId Model::add_same_pad(NodeId input, std::int64_t kernel, std::int64_t stride) {
  auto& node = append(Op::kSamePad, "", {input});
  node.window = {kernel, stride, 0};
  return node.id;
}

NodeId Model::add_pool(Op op, NodeId input, Window window) {
  auto& node = append(op, "", {input});
  node.window = window;
  return node.id;
}

NodeId Model::add_flatten(NodeId input) { return append(Op::kFlatten, "", {input}).id; }

NodeId Model::add_multiply(NodeId left, NodeId right, Activation activation) {
  auto& node = append(Op::kMultiply, "", {left, right});
  node.activation = activation;
  return node.id;
}

NodeId Model::add_sum(NodeId left, NodeId right, Activation activation) {
  auto& node = append(Op::kAdd, "", {left, right});
  node.activation = activation;
  return node.id;
}

NodeId Model::add_stochastic_depth(const std::string& path, NodeId input, double rate) {
  auto& node = append(Op::kStochasticDepth, path, {input});
  node.stochastic_depth = std::make_shared<StochasticDepth>(rate);
  register_at(path, node.stochastic_depth);
  return node.id;
}

NodeId Model::add_concatenation(std::vector<NodeId> inputs) {
  return append(Op::kConcatenate, "", std::move(inputs)).id;
}

NodeId Model::add_channel_map(NodeId input, at::Tensor weight, at::Tensor bias) {
  auto& node = append(Op::kChannelMap, "", {input});
  node.map_weight = std::move(weight);
  node.map_bias = std::move(bias);
  return node.id;
}

NodeId Model::add_mix(std::vector<NodeId> inputs, std::vector<std::string> paths, const std::vector<double>& initial) {
  auto& node = append(Op::kMix, "", std::move(inputs));
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const auto name = paths[i].substr(paths[i].rfind('.') + 1);
    node.mixing.push_back(parent_of(paths[i]).register_parameter(name, torch::tensor(initial[i], torch::kFloat)));
  }
  node.mixing_names = std::move(paths);
  return node.id;
}

std::int64_t Model::count_macs(const std::array<std::int64_t, 3>& image_shape) const {
  const torch::NoGradGuard no_grad;
  std::int64_t count = 0;
  const auto device = parameters().front().device();
  const auto image = torch::zeros({1, image_shape[0], image_shape[1], image_shape[2]}, device);
  const auto layers = fold_batch_norm(graph_);  // leaves the statistics alone, whatever the mode
  run_graph(graph_, image, [&](const Node& node, at::ArrayRef<at::Tensor> inputs) {
    auto values = evaluate_folded(node, layers[node.id], inputs);
    if (const auto& row = row_of(node.op); row.count_macs != nullptr) count += row.count_macs(node, values.sizes());
    return values;
  });
  return count;
}

bool Model::passes_over(const std::string& name) const {
  return std::any_of(passed_over_.begin(), passed_over_.end(),
                     [&name](const std::string& part) { return name.find(part) != std::string::npos; });
}

std::shared_ptr<Model> Model::copy() const { return with_channels(*this, {}); }

namespace {

const std::vector<ModelPlugin>& registered_models() {
  static const std::vector<ModelPlugin> kPlugins = {
#define MODEL(name) model_##name(),
#include "models/registry.def"
#undef MODEL
  };
  return kPlugins;
}

/// Options that every model shares.
struct SharedOptions {
  std::string weights;
  std::string head = "load";

  static auto schema() {
    return config::schema<SharedOptions>(
        config::field("weights", &SharedOptions::weights,
                      "weights to begin with: a file with a PyTorch state_dict or .safetensors; pretrained: those that "
                      "scripts/weights fetched; empty: drawn from the seed")
            .outside_run_key(),
        config::field("head", &SharedOptions::head, config::one_of("load", "replace"),
                      "the last layer: load: from the file, too; replace: drawn from the seed, for other classes"));
  }
};

/// A section of a model, divided.
struct Divided {
  SharedOptions shared;
  config::Section own;
};

Divided divide(const config::Section& section) {
  config::Table shared, own;
  for (const auto& [key, value] : section.table().entries()) {
    (key == "weights" || key == "head" ? shared : own).set(key, value);
  }
  Divided divided{{}, {own, section.path(), section.origin()}};
  config::Problems problems;
  config::read_into({shared, section.path(), section.origin()}, divided.shared, problems);
  problems.throw_if_any();
  return divided;
}

/// Returns the file of weights; empty for none.
std::filesystem::path weights_file(const std::string& network, const std::string& weights) {
  if (weights != "pretrained") return weights;
  auto file = cache_folder() / "weights" / (network + ".pth");
  std::error_code unreadable;  // a folder on the way may forbid to look
  if (std::filesystem::exists(file, unreadable)) return file;
  throw Error(ErrorKind::kData, fmt::format("the pretrained weights of {} are not there", network), file.string(),
              "`scripts/weights --help` lists the networks that have some, and `scripts/weights NAME` fetches them");
}

std::shared_ptr<Model> draw_model(const config::Section& section, std::int64_t num_classes, std::uint64_t seed) {
  return config::find_plugin(registered_models(), section)(divide(section).own, num_classes, seed);
}

}  // namespace

std::shared_ptr<Model> make_model(const config::Section& section, std::int64_t num_classes, std::uint64_t seed) {
  const auto shared = divide(section).shared;
  auto model = draw_model(section, num_classes, seed);
  const auto file = weights_file(section.name(), shared.weights);
  if (!file.empty()) {
    load_weights(*model, file, shared.head == "replace" ? Head::kReplace : Head::kLoad);
  }
  return model;
}

void check_model(const config::Section& section) {
  const auto one = draw_model(section, 2, 1)->parameters(), other = draw_model(section, 2, 2)->parameters();
  const bool differ = !std::equal(one.begin(), one.end(), other.begin(), other.end(), at::equal);
  if (differ) return;
  throw Error(ErrorKind::kInternal, fmt::format("model {} has the same weights for every seed", section.name()), "",
              "its constructor must draw them from the generator that it is given");
}

std::string weights_digest(const config::Section& section) {
  const auto file = weights_file(section.name(), divide(section).shared.weights);
  return file.empty() ? "" : sha256_of_file(file);
}

std::vector<config::PluginOptions> describe_models() {
  auto described = config::describe_plugins(registered_models());
  const auto shared = config::describe<SharedOptions>();
  for (auto& model : described) model.options.insert(model.options.end(), shared.begin(), shared.end());
  return described;
}

}  // namespace assay::models
