#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

#include "deploy/torchscript.h"

namespace assay::deploy {

/// Writes the folder in which MLflow keeps a model, so that Python opens, registers and serves an exported network:
/// `data/model.pth`, a hard link to it where that can be, and what describes it. The folder's former content goes;
/// MLmodel comes last, so that a folder with it is whole. ExportInfo becomes the model's metadata.
/// Shapes: `example` is a normalised input (N, 3, H, W) to keep with the model, or undefined for none.
/// Errors: Error(kData) naming the path.
/// Source: the layout that mlflow.pytorch.save_model of MLflow 3.17.2 writes for a ScriptModule.
void write_mlflow_model(const std::filesystem::path& network, const ExportInfo& info,
                        const std::filesystem::path& folder, const at::Tensor& example = {});

}  // namespace assay::deploy
