#pragma once

#include <filesystem>
#include <memory>

#include "models/model.h"

namespace assay::models {

/// What becomes of the last layer, whose outputs are the classes.
enum class Head {
  kLoad,
  kReplace  ///< it keeps the weights it has: those of the file are for other classes
};

/// Loads weights into a model by name: a PyTorch state_dict (state_dict.h), a safetensors file, or one of save_model().
/// BatchNorm's num_batches_tracked may be missing, as from old files; it then stays as it was.
/// Errors: as read_state_dict() and read_safetensors(); Error(kData) listing every tensor that is missing, unexpected,
/// of another shape or kind of number, or holds NaN or infinity, and the model is then unchanged.
void load_weights(Model& model, const std::filesystem::path& file, Head head = Head::kLoad);

/// Saves a network with the description of its graph as a safetensors file, so that load_model() can make it without
/// the code that described it: pruned, distilled or rebuilt. Errors: Error(kData) naming the file.
void save_model(const Model& model, const std::filesystem::path& file);

/// Makes the network that save_model() saved. Errors: Error(kData) naming the file.
std::shared_ptr<Model> load_model(const std::filesystem::path& file);

}  // namespace assay::models
