#pragma once

#include <torch/csrc/jit/api/module.h>

#include <array>
#include <filesystem>

#include "deploy/exporter.h"

namespace assay::deploy {

/// Makes a TorchScript module for inference: of a float network with BatchNorm folded, of a quantized one with its
/// packed weights; no dropout; normalised float images in, logits out. Batch and image size stay free. The network is
/// left unchanged. Shapes: `image_shape` is (C, H, W).
torch::jit::Module to_torchscript(const compress::Network& network, const std::array<std::int64_t, 3>& image_shape);

/// Saves a module atomically, with `info` as its extra file "assay.json"; Python opens it by torch.jit.load.
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
