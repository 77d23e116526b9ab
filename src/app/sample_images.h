#pragma once

#include "app/classification.h"

namespace assay::app {

/// Keeps a picture of some training images as the network sees them in the first epoch, varied and cropped, for a look
/// at whether augmentation does what it should.
void log_augmented_images(RunContext& context, const ClassificationData& data, data::Loader& loader);

/// Keeps a picture of the first test images, framed in green where the prediction is right and in red where it is
/// wrong, and a table of all classes: how many are right, and with what each is mixed up most. Shapes: predictions
/// (num_test) int64.
void log_predictions(RunContext& context, const ClassificationData& data, const at::Tensor& predictions);

}  // namespace assay::app
