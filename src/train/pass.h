#pragma once

#include "models/model.h"
#include "train/loss.h"
#include "train/precision.h"

namespace assay::train {

/// Input of one forward and backward pass, on the device. Shapes: n images.
struct PassInput {
  at::Tensor images;        ///< (n, 3, H, W) float
  at::Tensor labels;        ///< (n) int64
  at::Tensor other_labels;  ///< (n) int64, of images mixed in; undefined if there are none
  double share = 1.0;       ///< weight of `labels` in the loss
  double weight = 1.0;      ///< weight of this pass in the step: n / images of the step
};

/// Duration of the two halves of a pass. Units: seconds.
struct PassTimes {
  double forward = 0.0;
  double backward = 0.0;
};

/// Sums the gradients, the loss and the correct predictions over the passes of a step. Nothing waits for the device
/// until the sums are read. The model and the scaler are borrowed.
class Pass {
 public:
  Pass(models::Model& model, Loss loss, const LossScaler& scaler, Precision precision, c10::Device device);

  /// Starts a step: resets both sums to zero.
  void start_step();

  PassTimes run(const PassInput& input);

  // Of the step so far, on the device. Shapes: () float.
  const at::Tensor& loss() const { return loss_; }                ///< mean over the step's images
  const at::Tensor& num_correct() const { return num_correct_; }  ///< mixed images count by the shares of their labels

 private:
  models::Model& model_;
  Loss loss_of_;
  const LossScaler& scaler_;
  Precision precision_;
  c10::Device device_;
  at::Tensor loss_, num_correct_;
};

/// Divides a batch into the fewest passes of at most `micro_batch` images, as equal as possible. No pass has fewer than
/// `smallest` images unless the batch has, even if a pass then exceeds `micro_batch`.
std::vector<std::int64_t> divide_batch(std::int64_t num_images, std::int64_t micro_batch, std::int64_t smallest);

}  // namespace assay::train
