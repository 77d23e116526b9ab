#pragma once

#include <map>
#include <memory>
#include <vector>

#include "models/model.h"

namespace assay::models {

/// Numbers of the output channels that a layer keeps, ascending.
using KeptChannels = std::map<NodeId, std::vector<std::int64_t>>;

/// Lists the convolutions and linear layers whose output channels belong together, since their values are added or
/// multiplied: they can only be pruned alike. The last layer, whose outputs are the classes, is in no group. Fixed maps
/// are not listed: with_channels() narrows them.
/// Errors: Error(kConfig) naming a node whose channels cannot be followed.
std::vector<std::vector<NodeId>> channel_groups(const Graph& graph);

/// Returns a network of the same graph in which layers have only the output channels that `kept` lists, all of them
/// where it lists none, with the weights of these channels; in the same mode and on the same device. A fixed map of the
/// channels keeps the columns of what it sees, and the rows that the layers keep whose values meet its own.
/// Errors: Error(kConfig) naming a node where channels that belong together are not kept alike.
std::shared_ptr<Model> with_channels(const Model& model, const KeptChannels& kept);

}  // namespace assay::models
