#pragma once

#include <torch/csrc/jit/api/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/option.h"
#include "config/section.h"
#include "models/model.h"

namespace assay::compress {

/// Is what a technique may look at.
struct CompressionInput {
  models::Model& model;            ///< trained, in float; stays as it was
  at::Tensor calibration;          ///< (N, 3, H, W) normalised training images, N >= 1; never validation or test images
  std::int64_t num_at_once = 128;  ///< images that are computed at a time, which bounds the memory
};

/// Is a network ready to deploy: normalised float images in, float logits out.
struct Compressed {
  torch::jit::Module module;
  std::string engine;  ///< LibTorch's engine for its int8 layers; to be chosen again when the file is loaded
  std::vector<std::pair<std::string, std::string>> settings;  ///< what was chosen, for the record
};

/// Makes a trained network smaller or faster.
class Technique {
 public:
  virtual ~Technique() = default;

  virtual std::string name() const = 0;

  /// Returns how many images `CompressionInput::calibration` should hold.
  virtual std::int64_t num_calibration_images() const = 0;

  /// Makes the compressed network; the process's own int8 engine is as before afterwards.
  virtual Compressed compress(const CompressionInput& input) const = 0;
};

/// Makes the technique that `section.name()` names.
/// Errors: Error(kConfig) for an unknown name (the nearest is suggested) or a bad option.
std::unique_ptr<Technique> make_technique(const config::Section& section);

/// Describes all techniques, for the schema of what chooses among them.
std::vector<config::PluginOptions> describe_techniques();

}  // namespace assay::compress
