#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "models/model.h"

namespace assay::models {

/// Describes a network as a table of text: each layer with PyTorch's name, its kind, the shape of what it gives for one
/// image, its parameters and its multiplications; the last line has the totals. A layer without weights has a name that
/// is made up. Shapes: image_shape is (C, H, W).
std::string summarise(const Model& model, const std::array<std::int64_t, 3>& image_shape);

}  // namespace assay::models
