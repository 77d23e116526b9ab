#pragma once

#include <string>
#include <vector>

#include "core/rng.h"
#include "data/drawing.h"

namespace assay::data {

/// Gives the surfaces of one object their colours.
struct Palette {
  Fill main;
  Fill second;  ///< cushions, doors, keys
  Fill detail;  ///< knobs, hands, legs: stands off from both
};

/// Returns the ten kinds of object, by label.
const std::vector<std::string>& household_names();

/// Sketches one object of kind `label` with random proportions and style, within about [-1, 1].
Drawing draw_household(int label, const Palette& palette, Rng& rng);

}  // namespace assay::data
