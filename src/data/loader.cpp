#include "data/loader.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "data/mixing.h"
#include "data/split.h"

namespace assay::data {

/// Is everything that batches are made of; shared by the threads and never changed.
struct Loader::Source {
  Images images;
  std::vector<std::int64_t> places;
  Transform transform;
  AugmentOptions augment;
  bool training;
  bool keep_partial_batch;
  std::int64_t num_workers;
  std::int64_t batch_size;
  std::uint64_t seed;

  Batch make_batch(const std::vector<std::int64_t>& order, std::int64_t epoch, std::int64_t number, bool pinned) const;
};

Batch Loader::Source::make_batch(const std::vector<std::int64_t>& order, std::int64_t epoch, std::int64_t number,
                                 bool pinned) const {
  const std::int64_t first = number * batch_size;
  const std::int64_t count = std::min(batch_size, static_cast<std::int64_t>(order.size()) - first);
  const auto height = images.pixels.size(2);
  const auto width = images.pixels.size(3);
  const auto image_size = 3 * height * width;
  Batch batch{
      at::empty({count, 3, height, width},
                at::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast).pinned_memory(pinned)),
      at::empty({count}, at::TensorOptions(at::kLong).pinned_memory(pinned))};
  const auto* pixels = images.pixels.const_data_ptr<std::uint8_t>();
  const auto* labels = images.labels.const_data_ptr<std::int64_t>();
  auto* output = batch.images.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t place = order[static_cast<std::size_t>(first + i)];
    ASSAY_CHECK(place >= 0);
    ASSAY_CHECK(place < images.pixels.size(0));
    const auto variation = training ? draw_variation(augment, seed, epoch, place) : Variation{};
    transform.apply(pixels + place * image_size, variation, output + i * image_size);
    batch.labels.mutable_data_ptr<std::int64_t>()[i] = labels[place];
  }
  if (training) mix(batch, augment, seed, epoch, number);
  return batch;
}

Loader::Loader(std::shared_ptr<const Source> source) : source_(std::move(source)) {
  const auto& pixels = source_->images.pixels;
  ASSAY_CHECK(pixels.dim() == 4);
  ASSAY_CHECK(pixels.size(1) == 3);
  ASSAY_CHECK(pixels.is_contiguous());
  ASSAY_CHECK(source_->images.labels.numel() == pixels.size(0));
  ASSAY_CHECK(source_->images.labels.is_contiguous());
  ASSAY_CHECK(source_->batch_size > 0);
}

Loader::Loader(Loader&&) noexcept = default;
Loader& Loader::operator=(Loader&&) noexcept = default;
Loader::~Loader() = default;

Loader Loader::for_training(const Images& images, std::vector<std::int64_t> places, const Normalization& normalization,
                            const LoadingOptions& options, std::int64_t batch_size, std::uint64_t seed) {
  Transform transform(normalization, options.augment, images.pixels.size(2), images.pixels.size(3));
  return Loader(std::make_shared<Source>(Source{images, std::move(places), transform, options.augment, true,
                                                options.loader.keep_partial_batch,
                                                options.loader.num_workers.value_or(1), batch_size, seed}));
}

Loader Loader::for_evaluation(const Images& images, std::vector<std::int64_t> places,
                              const Normalization& normalization, std::int64_t batch_size, std::int64_t num_workers) {
  const AugmentOptions none{0, "zero", false};
  Transform transform(normalization, none, images.pixels.size(2), images.pixels.size(3));
  return Loader(std::make_shared<Source>(
      Source{images, std::move(places), transform, none, false, true, num_workers, batch_size, 0}));
}

void Loader::start_epoch(std::int64_t epoch, std::int64_t first) {
  batches_.reset();
  auto order = source_->training ? shuffled(source_->places, source_->seed, epoch) : source_->places;
  batches_ = std::make_unique<Prefetcher<Batch>>(
      first, num_batches(), source_->num_workers,
      [source = source_, order = std::move(order), epoch, pinned = pins_memory_](std::int64_t number) {
        return source->make_batch(order, epoch, number, pinned);
      });
}

std::optional<Batch> Loader::next() {
  if (batches_ == nullptr) start_epoch(0);
  return batches_->next();
}

void Loader::limit(std::int64_t num_batches) { limit_ = num_batches; }

void Loader::pin_memory() { pins_memory_ = true; }

std::int64_t Loader::num_samples() const { return static_cast<std::int64_t>(source_->places.size()); }

std::int64_t Loader::num_batches() const {
  const auto rest = num_samples() % source_->batch_size;
  const auto smallest_rest = source_->training ? 2 : 1;  // BatchNorm cannot train on a single image
  const bool keeps_rest = source_->keep_partial_batch && rest >= smallest_rest;
  return std::min(limit_, num_samples() / source_->batch_size + (keeps_rest ? 1 : 0));
}

}  // namespace assay::data
