#pragma once

#include <torch/nn/module.h>

#include <filesystem>

#include "data/loader.h"

namespace assay::train {

/// Saves all parameters and buffers, atomically. In Python open the file with torch.jit.load(file).state_dict().
/// Errors: Error(kData) naming the path and the system's reason.
void save_weights(torch::nn::Module& module, const std::filesystem::path& file);

/// Loads a file of save_weights into a module of the same structure, on any device.
/// Errors: Error(kData) if the file is missing, damaged or of another structure.
void load_weights(torch::nn::Module& module, const std::filesystem::path& file);

/// Saves the images and labels of a batch atomically, to investigate what went wrong with it. In Python open the file
/// with torch.jit.load(file).state_dict().
/// Errors: Error(kData) naming the path and the system's reason.
void save_batch(const data::Batch& batch, const std::filesystem::path& file);

}  // namespace assay::train
