#pragma once

#include <memory>

#include "compress/step.h"

namespace assay::compress {

/// Runs one step on a model with given calibration images; it cannot train.
inline StepOutput run_step(const config::Section& step, const std::shared_ptr<models::Model>& model,
                           const at::Tensor& calibration) {
  return make_step(step)->run({{model, nullptr}, model, [&](std::int64_t) { return calibration; }, {}});
}

}  // namespace assay::compress
