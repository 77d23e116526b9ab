#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

namespace assay::models {

/// Reads the tensors of a PyTorch state_dict as torch.save writes it, in its form since version 1.6 or the one before;
/// a checkpoint that keeps it under "state_dict" or "model" will do, and so will one of data-parallel training, whose
/// "module." before each name is left out. Nothing in the file is executed.
/// Errors: Error(kData) naming the file when it is missing, truncated, of another kind, malformed, or would have Python
/// run code.
std::vector<std::pair<std::string, at::Tensor>> read_state_dict(const std::filesystem::path& file);

}  // namespace assay::models
