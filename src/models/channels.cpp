#include "models/channels.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <iterator>
#include <numeric>
#include <set>

#include "core/error.h"
#include "models/operation.h"
#include "models/topology.h"

namespace assay::models {
namespace {

using Channels = std::vector<std::int64_t>;

[[noreturn]] void fail(const Node& node, const std::string& why) {
  throw Error(ErrorKind::kConfig, fmt::format("the channels of {} cannot be changed: {}", node.name, why));
}

Channels all_channels(std::int64_t count) {
  Channels channels(static_cast<std::size_t>(count));
  std::iota(channels.begin(), channels.end(), 0);
  return channels;
}

std::int64_t num_own_channels(const Node& node) {
  if (node.conv) return node.conv->options.out_channels();
  if (node.linear) return node.linear->options.out_features();
  return node.map_weight.defined() ? node.map_weight.size(0) : node.num_channels;
}

/// Follows which of the original channels each node's output has.
class KeptOutputs {
 public:
  KeptOutputs(const Graph& graph, const KeptChannels& kept) : outputs_(graph.size()), num_before_(graph.size()) {
    for (const auto& node : graph) follow(node, kept);
  }

  const Channels& of(NodeId id) const { return outputs_[id]; }

  /// Returns which inputs a layer keeps. Behind kFlatten each channel is a row of pixels.
  Channels inputs_of(const Node& node, std::int64_t num_inputs) const {
    const auto& channels = outputs_[node.inputs.front()];
    const auto num_pixels = num_inputs / num_before_[node.inputs.front()];
    Channels inputs;
    for (const auto channel : channels) {
      for (std::int64_t pixel = 0; pixel < num_pixels; ++pixel) inputs.push_back(channel * num_pixels + pixel);
    }
    return inputs;
  }

 private:
  void follow(const Node& node, const KeptChannels& kept) {
    auto& output = outputs_[node.id];
    auto& num_before = num_before_[node.id];
    switch (channel_rule(node)) {
      case ChannelRule::kOwn: {
        const auto found = kept.find(node.id);
        num_before = num_own_channels(node);
        output = found == kept.end() ? all_channels(num_before) : found->second;
        return;
      }
      case ChannelRule::kPassed:
        output = outputs_[node.inputs.front()];
        num_before = num_before_[node.inputs.front()];
        return;
      case ChannelRule::kTied:
        output = outputs_[node.inputs.front()];
        num_before = num_before_[node.inputs.front()];
        for (const auto input : node.inputs) {
          if (outputs_[input] != output) fail(node, "its inputs do not keep the same ones");
        }
        return;
      case ChannelRule::kConcatenated:
        for (const auto input : node.inputs) {
          for (const auto channel : outputs_[input]) output.push_back(num_before + channel);
          num_before += num_before_[input];
        }
        return;
    }
  }

  std::vector<Channels> outputs_;
  std::vector<std::int64_t> num_before_;
};

void copy_chosen(const at::Tensor& from, const at::Tensor& to, const Channels& outputs) {
  if (to.defined()) to.copy_(from.index_select(0, at::tensor(outputs, at::kLong).to(from.device())));
}

void copy_layer(const at::Tensor& weight, const at::Tensor& to, const Channels& outputs, const Channels& inputs) {
  copy_chosen(weight.index_select(1, at::tensor(inputs, at::kLong).to(weight.device())), to, outputs);
}

void copy_weights(const Node& from, const Node& to, const KeptOutputs& kept) {
  const auto& outputs = kept.of(from.id);
  if (from.conv) {
    const auto inputs = from.conv->options.groups() > 1 ? all_channels(from.conv->weight.size(1))
                                                        : kept.inputs_of(from, from.conv->options.in_channels());
    copy_layer(from.conv->weight, to.conv->weight, outputs, inputs);
    copy_chosen(from.conv->bias, to.conv->bias, outputs);
  }
  if (from.linear) {
    copy_layer(from.linear->weight, to.linear->weight, outputs,
               kept.inputs_of(from, from.linear->options.in_features()));
    copy_chosen(from.linear->bias, to.linear->bias, outputs);
  }
  if (from.batch_norm) {
    copy_chosen(from.batch_norm->weight, to.batch_norm->weight, outputs);
    copy_chosen(from.batch_norm->bias, to.batch_norm->bias, outputs);
    copy_chosen(from.batch_norm->running_mean, to.batch_norm->running_mean, outputs);
    copy_chosen(from.batch_norm->running_var, to.batch_norm->running_var, outputs);
    to.batch_norm->num_batches_tracked.copy_(from.batch_norm->num_batches_tracked);
  }
  for (std::size_t i = 0; i < from.mixing.size(); ++i) to.mixing[i].copy_(from.mixing[i]);
}

/// Leaves of a fixed map, in its description, the rows that it keeps and the columns of the channels that it sees.
void narrow_map(const Node& node, const KeptOutputs& kept, Json& json) {
  const auto& rows = kept.of(node.id);
  if (rows.empty()) fail(node, "it would keep none");
  auto weight = Json::array(), bias = Json::array();
  for (const auto row : rows) {
    for (const auto column : kept.of(node.inputs.front())) {
      weight.push_back(json["weight"].at(static_cast<std::size_t>(row * node.map_weight.size(1) + column)));
    }
    bias.push_back(json["bias"].at(static_cast<std::size_t>(row)));
  }
  json["rows"] = rows.size();
  json["weight"] = std::move(weight);
  json["bias"] = std::move(bias);
}

/// Changes the widths in a node's description.
void set_widths(const Node& node, const KeptOutputs& kept, Json& json) {
  if (node.map_weight.defined()) narrow_map(node, kept, json);
  if (!node.conv && !node.linear) return;
  const auto num_inputs = node.conv ? node.conv->options.in_channels() : node.linear->options.in_features();
  const auto inputs = kept.inputs_of(node, num_inputs);
  const auto& outputs = kept.of(node.id);
  if (outputs.empty()) fail(node, "it would keep none");
  const auto groups = node.conv ? node.conv->options.groups() : 1;
  const bool passes = channel_rule(node) == ChannelRule::kPassed;
  const bool is_changed = inputs.size() != static_cast<std::size_t>(num_inputs) || json["out"] != outputs.size();
  if (groups > 1 && !passes && is_changed) fail(node, "it is a grouped convolution");
  json["in"] = inputs.size();
  json["out"] = outputs.size();
  if (passes) json["groups"] = outputs.size();
}

/// Which nodes give channels of their own, and which of these nodes' channels belong together.
struct Meetings {
  std::vector<std::set<NodeId>> origins;        ///< of each node: whose channels it has
  std::map<NodeId, std::set<NodeId>> group_of;  ///< of what gives channels
};

Meetings find_meetings(const Graph& graph) {
  // Each node's channels come from some layers; where values are tied, these layers' groups become one.
  Meetings meetings{std::vector<std::set<NodeId>>(graph.size()), {}};
  auto& [origins, group_of] = meetings;
  for (const auto& node : graph) {
    const auto rule = channel_rule(node);
    // What is added to a concatenation would have to be divided: such layers are left alone.
    if (rule == ChannelRule::kOwn || rule == ChannelRule::kConcatenated) {
      origins[node.id] = {node.id};
      group_of[node.id] = {node.id};
      continue;
    }
    for (const auto input : node.inputs) origins[node.id].insert(origins[input].begin(), origins[input].end());
    if (rule != ChannelRule::kTied) continue;
    std::set<NodeId> joined;
    for (const auto layer : origins[node.id]) joined.insert(group_of[layer].begin(), group_of[layer].end());
    for (const auto layer : joined) group_of[layer] = joined;
  }
  return meetings;
}

/// Adds to `kept` the rows of fixed maps: those that the layers keep whose values meet theirs.
KeptChannels with_rows_of_maps(const Graph& graph, KeptChannels kept) {
  if (kept.empty()) return kept;
  for (const auto& [id, group] : find_meetings(graph).group_of) {
    if (!graph[id].map_weight.defined() || kept.contains(id)) continue;
    const auto listed = std::find_if(group.begin(), group.end(), [&](NodeId layer) { return kept.contains(layer); });
    if (listed != group.end()) kept[id] = kept.at(*listed);
  }
  return kept;
}

}  // namespace

std::vector<std::vector<NodeId>> channel_groups(const Graph& graph) {
  const auto meetings = find_meetings(graph);
  const auto is_layer = [&](NodeId id) { return graph[id].conv || graph[id].linear; };
  const auto fixed = [&](NodeId id) {
    return (!is_layer(id) && !graph[id].map_weight.defined()) || meetings.origins.back().contains(id);
  };
  std::set<std::set<NodeId>> distinct;
  for (const auto& [layer, group] : meetings.group_of) {
    if (std::none_of(group.begin(), group.end(), fixed)) distinct.insert(group);
  }
  std::vector<std::vector<NodeId>> groups;
  for (const auto& group : distinct) {
    std::vector<NodeId> layers;
    std::copy_if(group.begin(), group.end(), std::back_inserter(layers), is_layer);
    if (!layers.empty()) groups.push_back(std::move(layers));
  }
  return groups;
}

std::shared_ptr<Model> with_channels(const Model& model, const KeptChannels& kept) {
  const torch::NoGradGuard no_grad;
  const auto& graph = model.graph();
  const KeptOutputs outputs(graph, with_rows_of_maps(graph, kept));
  auto description = describe_graph(graph);
  for (const auto& node : graph) set_widths(node, outputs, description["nodes"][node.id]);
  auto rebuilt = build_model(description);
  rebuilt->to(model.parameters().front().device());
  for (const auto& node : graph) copy_weights(node, rebuilt->graph()[node.id], outputs);
  rebuilt->train(model.is_training());
  return rebuilt;
}

}  // namespace assay::models
