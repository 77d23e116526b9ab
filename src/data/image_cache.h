#pragma once

#include <mutex>
#include <string>
#include <vector>

#include "data/source.h"
#include "data/transforms.h"

namespace assay::data {

/// Some images of another source at the network's size, each kept in memory once it was read: later reads cost a lookup
/// in place of decoding and scaling. What a loader makes of them has the same bits. Safe to use from several threads.
class ImageCache final : public Source {
 public:
  /// Takes the memory for all of `samples` at once, so that whoever divides the rest sees what is left.
  ImageCache(const Samples& samples, const Preprocessing& preprocessing);

  const at::Tensor& labels() const override { return source_->labels(); }

  /// Returns the image at the network's size, whatever is needed. Shapes: (3, H, W) uint8. Errors: those of the source.
  at::Tensor read(std::int64_t place, ImageSize needed) const override;

  /// Reads the image from the source. Errors: those of the source.
  ReadImage read_with_size(std::int64_t place, ImageSize needed) const override;

  std::string name_of(std::int64_t place) const override { return source_->name_of(place); }

  /// Returns the memory that `num_images` images would take. Units: bytes.
  static std::int64_t bytes_of(std::int64_t num_images, ImageSize size);

 private:
  std::shared_ptr<const Source> source_;
  ImageSize size_;
  std::string fit_;
  std::vector<std::int64_t> rows_;  ///< of `pixels_`, by place; -1 for an image that is not among the samples
  at::Tensor pixels_;               ///< (number of samples, H, W, 3) uint8
  mutable std::vector<std::once_flag> is_kept_;
};

/// Returns the same samples, kept by an ImageCache.
Samples kept_in_memory(const Samples& samples, const Preprocessing& preprocessing);

}  // namespace assay::data
