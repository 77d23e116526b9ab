#include "train/optimizers/adam.h"
#include "train/optimizers/plugin.h"

namespace assay::train {

ASSAY_OPTIMIZER(adamw, Adam, AdamWOptions)

}  // namespace assay::train
