#pragma once

#include <torch/csrc/jit/api/module.h>

#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "core/json.h"
#include "models/model.h"

namespace assay::deploy {

/// Tells whoever loads an exported file what goes in and what comes out; kept in the file as the extra file
/// "assay.json".
struct ExportInfo {
  std::vector<std::string> class_names;
  std::array<float, 3> mean{};  ///< of RGB / 255; images are normalised by (x - mean) / std
  std::array<float, 3> std{};
  std::array<std::int64_t, 3> image_shape{};  ///< (3, H, W) as trained; other sizes work where the network allows them
  std::string engine;                         ///< LibTorch's int8 engine; empty for a float network
};

/// Encodes the info as "assay.json" keeps it.
Json to_json(const ExportInfo& info);

/// Exports a network as float TorchScript for inference: BatchNorm folded, no dropout; normalised float images in,
/// logits out. The model and its mode stay as they were. Shapes: `image_shape` is (3, H, W); batch and image size stay
/// free.
torch::jit::Module to_torchscript(models::Model& model, const std::array<std::int64_t, 3>& image_shape);

/// Saves a module whole or not at all; Python opens it by torch.jit.load.
/// Errors: Error(kData) naming the path and the reason.
void save_torchscript(const torch::jit::Module& module, const ExportInfo& info, const std::filesystem::path& path);

struct LoadedTorchScript {
  torch::jit::Module module;
  ExportInfo info;
};

/// Loads what save_torchscript saved, packing int8 weights for the engine that the file names; the process's own engine
/// is as before afterwards. Errors: Error(kData) naming the path when it is missing, truncated, or no such file.
LoadedTorchScript load_torchscript(const std::filesystem::path& path);

}  // namespace assay::deploy
