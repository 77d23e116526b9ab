#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace assay::data {

/// Returns 64 bits that tell where a picture becomes darker from left to right, at 8 rows of 9 greys: nearly the same
/// after scaling, compression or a change of light. A picture of one colour has 0. Shapes: (3, H, W) uint8.
/// Source: Krawetz, Kind of Like That, hackerfactor.com, 2013 (dHash).
std::uint64_t gradient_hash(const at::Tensor& image);

/// Two images that look alike, by their numbers.
struct NearPair {
  std::int64_t image = 0;
  std::int64_t earlier = 0;
  std::int64_t distance = 0;  ///< number of bits in which the hashes differ
};

/// Finds for each image the nearest of those before it, if it lies within `max_distance` bits; of several the first. A
/// hash of 0 says too little and is not compared. Beyond some distance almost all pairs are looked at: 10 bits are the
/// most that large sets should ask for. Errors: Stopped.
std::vector<NearPair> find_near(const std::vector<std::uint64_t>& hashes, std::int64_t max_distance);

}  // namespace assay::data
