#pragma once

#include <cstdint>

namespace assay::data {

/// Names the way in which scenes are drawn; to be raised whenever a pixel of any scene changes.
constexpr int kSceneVersion = 1;

/// Renders one object of kind `label` in a random scene: pose, colours, background, clutter in front and behind, light,
/// blur and noise. A pure function of its arguments; `part` keeps the pictures of different splits apart.
/// Shapes: pixels is (3, size, size), RGB.
void render_household_scene(std::uint64_t seed, std::uint32_t part, std::uint64_t index, int label, int size,
                            std::uint8_t* pixels);

}  // namespace assay::data
