#include "models/model.h"

#include <torch/torch.h>

#include "core/error.h"
#include "models/checkpointing.h"
#include "models/float_evaluator.h"
#include "models/plugin.h"

namespace assay::models {

at::Tensor Model::forward(const at::Tensor& images) {
  if (checkpoints_gradients_ && is_training() && torch::GradMode::is_enabled()) return run_checkpointed(graph_, images);
  return run_graph(graph_, images, FloatEvaluator(graph_));
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

void Model::register_at(const std::string& path, std::shared_ptr<torch::nn::Module> module) {
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
  parent->register_module(path.substr(begin), std::move(module));
}

NodeId Model::add_input() { return append(Op::kInput, "images", {}).id; }

NodeId Model::add_conv(const std::string& path, NodeId input, const ConvOptions& options) {
  auto& node = append(Op::kConv, path, {input});
  node.activation = options.activation;
  node.conv = torch::nn::Conv2d(torch::nn::Conv2dOptions(options.in_channels, options.out_channels, options.kernel)
                                    .stride(options.stride)
                                    .padding((options.kernel - 1) / 2)
                                    .groups(options.groups)
                                    .bias(options.bias));
  register_at(path, node.conv.ptr());
  return node.id;
}

void Model::add_batch_norm(const std::string& path, NodeId node, double epsilon, double momentum) {
  auto& conv = graph_.at(node);
  ASSAY_CHECK(conv.conv.is_empty() == false);
  const auto options = torch::nn::BatchNorm2dOptions(conv.conv->options.out_channels()).eps(epsilon).momentum(momentum);
  conv.batch_norm = torch::nn::BatchNorm2d(options);
  register_at(path, conv.batch_norm.ptr());
}

NodeId Model::add_linear(const std::string& path, NodeId input, std::int64_t num_in, std::int64_t num_out,
                         Activation activation) {
  auto& node = append(Op::kLinear, path, {input});
  node.activation = activation;
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

NodeId Model::add_flatten(NodeId input) { return append(Op::kFlatten, "", {input}).id; }

NodeId Model::add_multiply(NodeId left, NodeId right) { return append(Op::kMultiply, "", {left, right}).id; }

NodeId Model::add_sum(NodeId left, NodeId right, Activation activation) {
  auto& node = append(Op::kAdd, "", {left, right});
  node.activation = activation;
  return node.id;
}

namespace {

const std::vector<ModelPlugin>& registered_models() {
  static const std::vector<ModelPlugin> kPlugins = {
#define MODEL(name) model_##name(),
#include "models/registry.def"
#undef MODEL
  };
  return kPlugins;
}

}  // namespace

std::shared_ptr<Model> make_model(const config::Section& section, std::int64_t num_classes, std::uint64_t seed) {
  return config::find_plugin(registered_models(), section)(section, num_classes, seed);
}

std::vector<config::PluginOptions> describe_models() { return config::describe_plugins(registered_models()); }

}  // namespace assay::models
