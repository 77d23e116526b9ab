#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "models/model.h"

namespace assay::models {

/// Reads the tensors of a PyTorch state_dict, as torch.save writes it since version 1.6; a checkpoint that keeps it
/// under "state_dict" or "model" will do. Nothing in the file is executed. Errors: Error(kData) naming the file when it
/// is missing, truncated, of another kind, or malformed.
std::vector<std::pair<std::string, at::Tensor>> read_state_dict(const std::filesystem::path& file);

/// Loads a state_dict into a model by name.
/// Errors: as read_state_dict; Error(kData) listing every tensor that is missing, unexpected, or of another shape or
/// kind of
///         number, and the model is then as it was.
void load_weights(Model& model, const std::filesystem::path& file);

}  // namespace assay::models
