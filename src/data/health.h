#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/source.h"
#include "data/transforms.h"

namespace assay::data {

/// A split under the name that messages give it: "training", "validation", "test".
struct NamedSplit {
  std::string name;
  Samples samples;
};

/// An image, as messages tell it.
struct ImageName {
  std::string split;
  std::string name;  ///< Source::name_of()
  std::string class_name;
  bool operator==(const ImageName&) const = default;
};

struct UnreadableImage {
  ImageName image;
  std::string reason;
};

/// Images of the same pixels, by split and place.
using EqualImages = std::vector<ImageName>;

/// Two images that look alike and are not equal.
struct NearImages {
  ImageName image;
  ImageName earlier;
  std::int64_t distance = 0;  ///< data/gradient_hash.h
};

/// Counts the images of each class in a split, unreadable ones too.
struct SplitBalance {
  std::string split;
  std::vector<std::int64_t> num_images;  ///< by label
};

/// What was found by reading all images of a data set once.
struct Health {
  std::int64_t num_images = 0;
  std::vector<UnreadableImage> unreadable;
  std::vector<EqualImages> equal;  ///< leaks and label conflicts first
  std::vector<NearImages> near;
  std::vector<std::string> class_names;
  std::vector<SplitBalance> balance;
  std::vector<ImageSize> sizes;  ///< the smallest by area, the median, the largest; empty: none could be read
  Normalization statistics;      ///< of the first split's pixels at the network's size
};

/// Tells whether equal images are in more than one split: what is measured on one was learned on another.
bool is_leak(const EqualImages& images);

/// Tells whether equal images have different labels, at least one of which is wrong.
bool has_label_conflict(const EqualImages& images);

/// Tells whether equal images are in one split several times.
bool is_repeated(const EqualImages& images);

/// Counts the groups of equal images for which `is_so`.
std::int64_t count_equal(const Health& health, bool (*is_so)(const EqualImages&));

/// Tells whether training on these images would fail or mislead: an unreadable file, a leak or a label conflict.
bool is_grave(const Health& health);

struct HealthOptions {
  Preprocessing preprocessing;
  std::int64_t near_distance = 0;  ///< up to which images look alike; 0: they are not compared
  std::int64_t num_threads = 1;
};

/// Reads all images of the splits, the training split first, and tells what is wrong with them; with a progress bar.
/// Errors: Stopped; whatever reading throws but Error(kData), which is a finding.
Health check_health(const std::vector<NamedSplit>& splits, const std::vector<std::string>& class_names,
                    const HealthOptions& options);

}  // namespace assay::data
