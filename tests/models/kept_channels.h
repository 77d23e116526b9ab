#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "models/channels.h"

namespace assay::models {

inline std::int64_t num_outputs(const Node& node) {
  return node.conv ? node.conv->options.out_channels() : node.linear->options.out_features();
}

/// Keeps of each group the channels of which `keeps` says so.
inline KeptChannels keep_channels(const Model& model, const std::function<bool(std::int64_t channel)>& keeps) {
  KeptChannels kept;
  for (const auto& group : channel_groups(model.graph())) {
    std::vector<std::int64_t> channels;
    for (std::int64_t i = 0; i < num_outputs(model.graph()[group.front()]); ++i) {
      if (keeps(i)) channels.push_back(i);
    }
    for (const auto layer : group) kept[layer] = channels;
  }
  return kept;
}

/// Keeps every other channel of each group.
inline KeptChannels every_other(const Model& model) {
  return keep_channels(model, [](std::int64_t channel) { return channel % 2 == 0; });
}

/// Keeps the first channels of each group.
inline KeptChannels first_channels(const Model& model, std::int64_t count) {
  return keep_channels(model, [count](std::int64_t channel) { return channel < count; });
}

}  // namespace assay::models
