#pragma once

#include <memory>

#include "core/json.h"
#include "models/model.h"

namespace assay::models {

/// Describes a network without its weights: {"nodes": [{"op": "conv", "name": ..., "inputs": [...], ...}, ...]}.
Json describe_graph(const Graph& graph);

/// Makes a network from its description; its weights are LibTorch's own random ones.
/// Errors: Error(kData) when the description is malformed or does not fit together.
std::shared_ptr<Model> build_model(const Json& description);

}  // namespace assay::models
