#pragma once

#include "models/model.h"
#include "train/loss.h"
#include "train/precision.h"

namespace assay::train {

/// Is what one forward and backward pass works on, on the device. Shapes: n images.
struct PassInput {
  at::Tensor images;        ///< (n, 3, H, W) float
  at::Tensor labels;        ///< (n) int64
  at::Tensor other_labels;  ///< (n) int64, of images mixed in; undefined when none were
  double share = 1.0;       ///< of `labels` in the loss
  double weight = 1.0;      ///< of this pass in the step: n / images of the step
};

/// Is how long the two halves of a pass took. Units: seconds.
struct PassTimes {
  double forward = 0.0;
  double backward = 0.0;
};

/// Adds up the gradients, the loss and the hits of the passes of a step. Nothing waits for the device until the sums
/// are read. The model and the scaler are borrowed.
class Pass {
 public:
  Pass(models::Model& model, Loss loss, const LossScaler& scaler, Precision precision, c10::Device device);

  /// Begins a step: both sums are zero again.
  void start_step();

  PassTimes run(const PassInput& input);

  double loss() const;         ///< mean over the step's images; waits for the device
  double num_correct() const;  ///< images classified right; of mixed images, by the shares of their labels

 private:
  models::Model& model_;
  Loss loss_of_;
  const LossScaler& scaler_;
  Precision precision_;
  c10::Device device_;
  at::Tensor loss_;         // scalar float
  at::Tensor num_correct_;  // scalar double
};

/// Divides a batch into as few passes of at most `micro_batch` images as suffice, as equal as they can be. None is
/// smaller than `smallest` images unless the batch is, even if a pass is then larger than asked for.
std::vector<std::int64_t> divide_batch(std::int64_t num_images, std::int64_t micro_batch, std::int64_t smallest);

}  // namespace assay::train
