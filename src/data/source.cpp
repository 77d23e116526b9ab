#include "data/source.h"

#include <ATen/ops/index_select.h>
#include <ATen/ops/select.h>
#include <ATen/ops/tensor.h>
#include <fmt/format.h>

#include <utility>

#include "core/error.h"
#include "data/split.h"

namespace assay::data {

ReadImage Source::read_with_size(std::int64_t place, ImageSize needed) const {
  auto pixels = read(place, needed);
  const ImageSize size{pixels.size(1), pixels.size(2)};
  return {std::move(pixels), size};
}

std::string Source::name_of(std::int64_t place) const { return fmt::format("image {}", place); }

MemorySource::MemorySource(at::Tensor pixels, at::Tensor labels)
    : pixels_(std::move(pixels)), labels_(std::move(labels)) {
  ASSAY_CHECK(pixels_.dim() == 4);
  ASSAY_CHECK(pixels_.size(1) == 3);
  ASSAY_CHECK(pixels_.is_contiguous());
  ASSAY_CHECK(labels_.numel() == pixels_.size(0));
  ASSAY_CHECK(labels_.is_contiguous());
}

at::Tensor MemorySource::read(std::int64_t place, ImageSize /*needed*/) const {
  ASSAY_CHECK(place >= 0);
  ASSAY_CHECK(place < pixels_.size(0));
  return pixels_.select(0, place);
}

at::Tensor Samples::labels() const { return source->labels().index_select(0, at::tensor(places, at::kLong)); }

Samples all_samples(std::shared_ptr<const Source> source) {
  auto places = all_places(source->size());
  return {std::move(source), std::move(places)};
}

}  // namespace assay::data
