#include "data/image_cache.h"

#include <ATen/ops/zeros.h>

#include "core/error.h"
#include "data/image_file.h"

namespace assay::data {

ImageCache::ImageCache(const Samples& samples, const Preprocessing& preprocessing)
    : source_(samples.source),
      size_(preprocessing.size),
      fit_(preprocessing.fit),
      rows_(static_cast<std::size_t>(source_->size()), -1),
      pixels_(at::zeros({samples.size(), size_.height, size_.width, kNumChannels}, at::kByte)),
      is_kept_(samples.places.size()) {
  std::int64_t row = 0;
  for (const auto place : samples.places) rows_.at(static_cast<std::size_t>(place)) = row++;
}

at::Tensor ImageCache::read(std::int64_t place, ImageSize needed) const {
  const auto row = rows_.at(static_cast<std::size_t>(place));
  if (row < 0) return source_->read(place, needed);
  auto kept = pixels_.select(0, row).permute({2, 0, 1});
  std::call_once(is_kept_.at(static_cast<std::size_t>(row)),
                 [&] { kept.copy_(fit_image(source_->read(place, size_), size_, fit_)); });
  return kept;
}

ReadImage ImageCache::read_with_size(std::int64_t place, ImageSize needed) const {
  return source_->read_with_size(place, needed);
}

std::int64_t ImageCache::bytes_of(std::int64_t num_images, ImageSize size) {
  return num_images * size.height * size.width * kNumChannels;
}

Samples kept_in_memory(const Samples& samples, const Preprocessing& preprocessing) {
  return {std::make_shared<ImageCache>(samples, preprocessing), samples.places};
}

}  // namespace assay::data
