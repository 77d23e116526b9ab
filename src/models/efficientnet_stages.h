#pragma once

#include <array>
#include <cstdint>

namespace assay::models {

/// Blocks of one shape, of which the first has the stride.
struct EfficientNetStage {
  std::int64_t expansion, kernel, stride, channels, num_blocks;
};

/// The stages that EfficientNet-B0 and -Lite0 share. Source: Tan and Le, EfficientNet, arXiv 1905.11946, table 1.
inline constexpr std::array<EfficientNetStage, 7> kEfficientNetStages = {{{1, 3, 1, 16, 1},
                                                                          {6, 3, 2, 24, 2},
                                                                          {6, 5, 2, 40, 2},
                                                                          {6, 3, 2, 80, 3},
                                                                          {6, 5, 1, 112, 3},
                                                                          {6, 5, 2, 192, 4},
                                                                          {6, 3, 1, 320, 1}}};
inline constexpr std::int64_t kNumEfficientNetBlocks = 16;
inline constexpr std::int64_t kEfficientNetStemChannels = 32;

}  // namespace assay::models
