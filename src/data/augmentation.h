#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/option.h"
#include "config/section.h"
#include "core/rng.h"
#include "data/batch.h"
#include "data/training_image.h"

namespace assay::data {

/// Varies training images at random; an augmentation varies single images, mixes those of a batch, or both. All chance
/// comes from the generator that it is given. Safe to use from several threads.
class Augmentation {
 public:
  virtual ~Augmentation() = default;

  /// Errors: Error(kConfig) when it does not apply to images of that size.
  virtual void check(ImageSize /*size*/) const {}

  /// Returns how much more of an image than the network's size must be read, as a factor of its sides, if this is the
  /// first augmentation; `rng` is as vary() will get it.
  virtual double magnification(Rng /*rng*/) const { return 1.0; }

  /// Returns whether it takes the image as it was read (TrainingImage::whole()), not at the network's size.
  virtual bool needs_whole_image() const { return false; }

  virtual void vary(TrainingImage& /*image*/, Rng& /*rng*/) const {}

  virtual bool mixes() const { return false; }
  virtual void mix(Batch& /*batch*/, Rng& /*rng*/) const {}
};

/// The augmentations of a training, which act on an image in their order. Where several mix, each batch gets one of
/// them. What happens to an image is a pure function of (seed, epoch, place of the image).
class Augmentations {
 public:
  Augmentations() = default;

  /// Makes those that `names` lists: each the name of a table in `options`, or of an augmentation, which then has its
  /// default options. Errors: Error(kConfig) for an unknown name (the nearest is suggested), a bad option, or a size of
  /// images for which one does not work.
  Augmentations(const std::vector<std::string>& names, const config::Section& options, ImageSize size);

  /// Returns the size at which an image should be read.
  ImageSize needed(ImageSize size, const Rng& rng) const;

  /// Returns whether one of them takes images as they were read.
  bool need_whole_images() const;

  void vary(TrainingImage& image, Rng& rng) const;

  /// Mixes the images of batch `number` of an epoch.
  void mix(Batch& batch, std::uint64_t seed, std::int64_t epoch, std::int64_t number) const;

 private:
  std::vector<std::shared_ptr<const Augmentation>> all_;
  std::vector<std::shared_ptr<const Augmentation>> mixing_;
};

/// Returns the generator that varies one image in one epoch.
Rng augmentation_rng(std::uint64_t seed, std::int64_t epoch, std::int64_t place);

/// Describes all augmentations, for the schema of what chooses among them.
std::vector<config::PluginOptions> describe_augmentations();

}  // namespace assay::data
