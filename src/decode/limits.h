#pragma once

namespace assay::decode {

/// What an image may have at most, so that memory is bounded whatever a header claims. Units: pixels.
inline constexpr double kMostPixels = 250e6;
inline constexpr int kMostSide = 1'000'000;

}  // namespace assay::decode
