#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace assay::data {

/// Of an image: red, green and blue.
inline constexpr std::int64_t kNumChannels = 3;

/// Units: pixels.
struct ImageSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool operator==(const ImageSize&) const = default;
};

/// An image as it was read, and the size that it has where it is stored.
struct ReadImage {
  at::Tensor pixels;  ///< (3, H, W) uint8, RGB, with any strides
  ImageSize full_size;
};

/// Labelled colour images that are read one at a time, from memory or from files. Safe to use from several threads.
class Source {
 public:
  virtual ~Source() = default;

  /// Returns the class of each image. Shapes: (N) int64, contiguous.
  virtual const at::Tensor& labels() const = 0;

  /// Reads one image, of any size. A source that decodes may scale a larger image down while it reads, as long as both
  /// sides stay at least twice those of `needed`. Shapes: (3, H, W) uint8, RGB, with any strides.
  /// Errors: Error(kData) naming the file.
  virtual at::Tensor read(std::int64_t place, ImageSize needed) const = 0;

  /// Reads one image as read() does. Errors: as read().
  virtual ReadImage read_with_size(std::int64_t place, ImageSize needed) const;

  /// Returns whether reading costs decoding, so that it pays to keep what was read.
  virtual bool decodes() const { return false; }

  /// Returns how messages call an image: its file, or "image 17".
  virtual std::string name_of(std::int64_t place) const;

  std::int64_t size() const { return labels().numel(); }
};

/// Images of one size in memory.
class MemorySource final : public Source {
 public:
  /// Shapes: pixels (N, 3, H, W) uint8, RGB, contiguous; labels (N) int64, contiguous.
  MemorySource(at::Tensor pixels, at::Tensor labels);

  const at::Tensor& labels() const override { return labels_; }
  at::Tensor read(std::int64_t place, ImageSize needed) const override;

  const at::Tensor& pixels() const { return pixels_; }

 private:
  at::Tensor pixels_;
  at::Tensor labels_;
};

/// Some images of a source: those at `places`, in this order. An image keeps its place in the source, by which its
/// random variations are drawn.
struct Samples {
  std::shared_ptr<const Source> source;
  std::vector<std::int64_t> places;

  std::int64_t size() const { return static_cast<std::int64_t>(places.size()); }

  /// Returns the class of each image. Shapes: (number of places) int64.
  at::Tensor labels() const;
};

/// Returns all images of a source, in its order.
Samples all_samples(std::shared_ptr<const Source> source);

}  // namespace assay::data
