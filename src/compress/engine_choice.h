#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "models/model.h"

namespace assay::compress {

/// Returns the int8 engine of LibTorch that computes a network fastest, one image at a time: each quantizes it roughly
/// and computes. Which one wins depends on the network: on EfficientNet-Lite0, whose padding is uneven, fbgemm takes
/// seven times as long as onednn. Where two are alike, the answer may differ from run to run.
/// Shapes: images (N, C, H, W), a few of those to calibrate on. Errors: Stopped if a signal requested it.
std::string fastest_engine(const std::shared_ptr<models::Model>& model, const at::Tensor& images,
                           std::optional<std::int64_t> activation_bits);

}  // namespace assay::compress
