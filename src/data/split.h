#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace assay::data {

/// Divides the training set: places of images in it, ascending and disjoint.
struct Partition {
  std::vector<std::int64_t> train;
  std::vector<std::int64_t> validation;
};

/// Splits validation off the training set, class by class, so that each class gives the same fraction (rounded).
/// Shapes: labels (N) int64.
Partition split_validation(const at::Tensor& labels, double fraction, std::uint64_t seed);

/// Returns the places of all images of a set: 0, 1, ..., num_images - 1.
std::vector<std::int64_t> all_places(std::int64_t num_images);

/// Draws `count` of `places` without repetition, or all of them when there are fewer: calibration images, say.
std::vector<std::int64_t> draw_places(const std::vector<std::int64_t>& places, std::int64_t count, std::uint64_t seed);

/// Returns `places` in the order of an epoch: a permutation that depends on seed and epoch alone.
std::vector<std::int64_t> shuffled(std::vector<std::int64_t> places, std::uint64_t seed, std::int64_t epoch);

/// Draws as many of `places` as there are for an epoch, with repetition: first a class, each that has images as likely
/// as another, then one of its images. Depends on seed and epoch alone. Shapes: labels (N) int64, by place.
std::vector<std::int64_t> drawn_by_class(const std::vector<std::int64_t>& places, const at::Tensor& labels,
                                         std::uint64_t seed, std::int64_t epoch);

}  // namespace assay::data
