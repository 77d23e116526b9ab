#pragma once

#include <algorithm>
#include <cstdint>

namespace assay::models {

/// Rounds a channel count to a multiple of 8, but never to less than 90 % of it.
/// Source: Sandler et al., MobileNetV2; _make_divisible in the authors' code.
inline std::int64_t round_channels(double channels) {
  auto rounded = std::max<std::int64_t>(8, static_cast<std::int64_t>(channels + 4.0) / 8 * 8);
  if (static_cast<double>(rounded) < 0.9 * channels) rounded += 8;
  return rounded;
}

}  // namespace assay::models
