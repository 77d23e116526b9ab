#pragma once

#include <torch/nn/module.h>

#include <filesystem>

#include "data/loader.h"

namespace assay::train {

/// Saves all parameters and buffers, atomically. The file opens in Python by torch.jit.load(file).state_dict().
/// Errors: Error(kData) naming the path and the system's reason.
void save_weights(torch::nn::Module& module, const std::filesystem::path& file);

/// Loads what save_weights saved into a module of the same structure, on whatever device it is.
/// Errors: Error(kData) when the file is missing, damaged or of another structure.
void load_weights(torch::nn::Module& module, const std::filesystem::path& file);

/// Saves the images and labels of a batch, atomically, for a look at what went wrong with it. The file opens in Python
/// by torch.jit.load(file).state_dict().
/// Errors: Error(kData) naming the path and the system's reason.
void save_batch(const data::Batch& batch, const std::filesystem::path& file);

}  // namespace assay::train
