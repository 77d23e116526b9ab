#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "data/loader.h"
#include "train/norm_momentum.h"
#include "train/pass.h"
#include "train/recorded_pass.h"

namespace assay::train {

/// Where the time of steps went. Units: seconds. An accelerator computes while the processor continues, so there a part
/// shows the time until its commands were issued.
struct StepTimes {
  double data = 0.0;  ///< waiting for the loader
  double forward = 0.0;
  double backward = 0.0;
  double optimizer = 0.0;  ///< including clipping and weight averaging
  double logging = 0.0;
};

/// Identifies a step, and so its random numbers.
struct StepPlace {
  std::int64_t epoch = 0;
  std::int64_t batch = 0;           ///< of the epoch, from 0
  std::int64_t step = 0;            ///< of the whole training, from 0
  std::int64_t num_norm_steps = 0;  ///< before it, in which BatchNorm's statistics changed
};

enum class StepOutcome {
  kTaken,
  kNotFinite,   ///< the loss or the gradients were NaN or infinity: nothing changed
  kOverflowed,  ///< float16 gradients overflowed: nothing changed, and the next loss is scaled less
};

struct StepResult {
  StepOutcome outcome = StepOutcome::kTaken;
  double loss = 0.0;           ///< mean over the batch
  double num_correct = 0.0;    ///< correctly classified images; mixed images count by the shares of their labels
  double gradient_norm = 0.0;  ///< Euclidean, of all gradients together, before clipping
};

struct StepOptions {
  std::int64_t micro_batch = 1;  ///< images of one forward pass
  double clip_norm = 0.0;        ///< largest Euclidean norm of all gradients together; 0: no limit
  Precision precision = Precision::kFp32;
  std::uint64_t seed = 0;
  bool halves = true;                    ///< halves the micro batch when memory runs out; otherwise the error passes
                                         // through
  device::LaunchGraph* graph = nullptr;  ///< borrowed; records a pass (recorded_pass.h)
};

class TrainState;

/// Takes optimizer steps. Everything is borrowed. A step is a pure function of the weights, the states, the batch and
/// its position.
class Stepper {
 public:
  Stepper(models::Model& model, TrainState& state, Loss loss, c10::Device device, const StepOptions& options);

  /// Computes the gradients of a batch in equal forward passes of at most `micro_batch` images (one more if BatchNorm
  /// would otherwise get a single one), weights their losses so that the sum is the mean over the batch, and updates
  /// the weights. When memory runs out, halves the micro batch, reports it and repeats the step.
  /// Errors: Error(kConfig) if not even two images fit.
  StepResult step(const data::Batch& batch, const StepPlace& place, double rate_factor, StepTimes& times);

  /// Must be called when parameters begin or cease to need a gradient: other kernels are then to be recorded.
  void forget_recording();

  std::int64_t micro_batch() const { return options_.micro_batch; }
  void set_micro_batch(std::int64_t micro_batch) { options_.micro_batch = micro_batch; }

 private:
  void accumulate(const data::Batch& batch, const StepPlace& place, StepTimes& times);
  void accumulate_within_memory(const data::Batch& batch, const StepPlace& place, StepTimes& times);
  PassInput part_of(const data::Batch& batch, std::int64_t first, std::int64_t count) const;
  std::vector<at::Tensor> gradients() const;
  void clip(const std::vector<at::Tensor>& gradients, double norm) const;
  void copy_buffers(at::TensorList to, at::TensorList from) const;
  void undo_forward();

  TrainState& state_;
  c10::Device device_;
  StepOptions options_;
  std::vector<at::Tensor> parameters_;
  std::vector<at::Tensor> buffers_;
  std::size_t num_floats_;  // of the buffers, which come first
  std::int64_t smallest_pass_;
  NormMomentum norm_momentum_;
  std::vector<at::Tensor> buffers_before_;  // a forward pass changes BatchNorm's statistics
  Pass pass_;
  std::optional<RecordedPass> recorded_;
  double recorded_momentum_ = 0.0;  // BatchNorm's least
};

}  // namespace assay::train
