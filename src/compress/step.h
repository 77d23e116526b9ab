#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "compress/network.h"
#include "config/option.h"
#include "config/section.h"
#include "train/loss.h"

namespace assay::compress {

/// What a step asks of the run's own training.
struct TrainRequest {
  std::int64_t epochs = 1;
  double rate_factor = 1.0;  ///< of the learning rate of the training before
  train::Loss loss = {};     ///< instead of cross-entropy
  bool holds_zeros = false;  ///< weights of convolutions and linear layers that are zero stay so
  std::function<void(std::int64_t step, std::int64_t num_steps)> before_step = {};  ///< as train::TrainInput's
  bool is_alike = true;     ///< each pass issues the same kernels, so that they may be recorded and launched together
  bool keeps_last = false;  ///< goes on to the last epoch and keeps its weights, whatever train.patience and train.keep
};

/// What a step works with.
struct StepInput {
  Network network;                         ///< stays unchanged
  std::shared_ptr<models::Model> teacher;  ///< the trained network with which the first step began; stays unchanged
  /// Reads training images, chosen by the run's seed, normalised: fewer than asked for where memory does not suffice,
  /// never validation or test images. Shapes: -> (count, C, H, W) float.
  std::function<at::Tensor(std::int64_t count)> calibration_images;
  /// Trains a network on the run's training images, with its options, batch and device, as a stage of its own that a
  /// killed run resumes.
  std::function<void(models::Model& model, const TrainRequest& request)> train;
  std::int64_t num_at_once = 128;  ///< images that may be computed at a time, which bounds the memory
  /// Returns the labels of what calibration_images(count) reads. Shapes: -> (count) int64.
  std::function<at::Tensor(std::int64_t count)> calibration_labels = {};
};

struct StepOutput {
  Network network;
  std::vector<std::pair<std::string, std::string>> settings;  ///< what was chosen, for the record
};

/// Makes a trained network smaller or faster, or repairs what an earlier step did to it. Steps chain.
class Step {
 public:
  virtual ~Step() = default;

  virtual std::string name() const = 0;

  /// Says whether the network becomes one that no other step takes: then it must be the last.
  virtual bool quantizes() const { return false; }

  /// Makes the changed network; LibTorch's int8 engine is as before afterwards.
  /// Errors: Error(kConfig) when the step does not apply to such a network.
  virtual StepOutput run(const StepInput& input) const = 0;
};

/// Returns the float network of `input`. Errors: Error(kConfig) naming `step` when it is quantized already.
models::Model& float_network(const StepInput& input, const std::string& step);

/// Makes the step that `section.name()` names.
/// Errors: Error(kConfig) for an unknown name (the nearest is suggested) or a bad option.
std::unique_ptr<Step> make_step(const config::Section& section);

/// Describes all steps, for the schema of what chooses among them.
std::vector<config::PluginOptions> describe_steps();

}  // namespace assay::compress
