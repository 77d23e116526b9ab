#include "data/loader.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/error.h"
#include "data/split.h"
#include "data/training_image.h"

namespace assay::data {

/// All that batches are made of; shared by the workers and never changed.
struct Loader::Recipe {
  Samples samples;
  Preprocessing preprocessing;
  Transform transform;
  Augmentations augmentations;
  bool training;
  bool keep_partial_batch;
  bool balances_classes;
  std::int64_t num_workers;
  std::int64_t batch_size;  // of all ranks together
  std::uint64_t seed;
  Rank rank;

  std::vector<std::int64_t> order_of(std::int64_t epoch) const;

  /// `drawn_as` identifies the chance by which a training image is varied.
  void write_image(std::int64_t place, std::int64_t epoch, std::int64_t drawn_as, float* output) const;
  Batch make_batch(const std::vector<std::int64_t>& order, std::int64_t epoch, std::int64_t number, bool pinned) const;
};

std::vector<std::int64_t> Loader::Recipe::order_of(std::int64_t epoch) const {
  if (!training) return samples.places;
  if (!balances_classes) return shuffled(samples.places, seed, epoch);
  return drawn_by_class(samples.places, samples.source->labels(), seed, epoch);
}

void Loader::Recipe::write_image(std::int64_t place, std::int64_t epoch, std::int64_t drawn_as, float* output) const {
  const auto& size = preprocessing.size;
  if (!training) return transform.apply(samples.source->read(place, size), {}, output);
  auto rng = augmentation_rng(seed, epoch, drawn_as);
  TrainingImage image(samples.source->read(place, augmentations.needed(size, rng)), size, preprocessing.fit);
  augmentations.vary(image, rng);
  image.write(transform, output);
}

Batch Loader::Recipe::make_batch(const std::vector<std::int64_t>& order, std::int64_t epoch, std::int64_t number,
                                 bool pinned) const {
  const auto whole = std::min(batch_size, static_cast<std::int64_t>(order.size()) - number * batch_size);
  const auto count = whole / rank.count;
  const auto first = number * batch_size + rank.index * count;
  const auto [height, width] = preprocessing.size;
  Batch batch{
      at::empty({count, 3, height, width},
                at::TensorOptions(at::kFloat).memory_format(at::MemoryFormat::ChannelsLast).pinned_memory(pinned)),
      at::empty({count}, at::TensorOptions(at::kLong).pinned_memory(pinned))};
  const auto* labels = samples.source->labels().const_data_ptr<std::int64_t>();
  auto* output = batch.images.mutable_data_ptr<float>();
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t place = order[static_cast<std::size_t>(first + i)];
    const auto drawn_as = balances_classes ? first + i : place;  // an image that is drawn twice is varied in two ways
    write_image(place, epoch, drawn_as, output + i * 3 * height * width);
    batch.labels.mutable_data_ptr<std::int64_t>()[i] = labels[place];
  }
  if (training) augmentations.mix(batch, seed, epoch, number);
  return batch;
}

Loader::Loader(std::shared_ptr<const Recipe> recipe) : recipe_(std::move(recipe)) {
  ASSAY_CHECK(recipe_->batch_size > 0);
  ASSAY_CHECK(recipe_->samples.source->labels().is_contiguous());
}

Loader::Loader(Loader&&) noexcept = default;
Loader& Loader::operator=(Loader&&) noexcept = default;
Loader::~Loader() = default;

Loader Loader::for_training(Samples samples, const Preprocessing& preprocessing, const LoadingOptions& options,
                            std::int64_t batch_size, std::uint64_t seed, Rank rank) {
  if (batch_size % rank.count != 0) {
    throw Error(ErrorKind::kConfig, fmt::format("a batch of {} images cannot be divided equally between {} processes",
                                                batch_size, rank.count));
  }
  return Loader(
      std::make_shared<Recipe>(Recipe{std::move(samples), preprocessing, Transform(preprocessing),
                                      Augmentations(options.augment, options.augmentations, preprocessing.size), true,
                                      options.loader.keep_partial_batch, options.loader.sampling == "balanced",
                                      options.loader.num_workers.value_or(1), batch_size, seed, rank}));
}

Loader Loader::for_evaluation(Samples samples, const Preprocessing& preprocessing, std::int64_t batch_size,
                              std::int64_t num_workers) {
  return Loader(std::make_shared<Recipe>(Recipe{std::move(samples),
                                                preprocessing,
                                                Transform(preprocessing),
                                                {},
                                                false,
                                                true,
                                                false,
                                                num_workers,
                                                batch_size,
                                                0,
                                                {}}));
}

void Loader::start_epoch(std::int64_t epoch, std::int64_t first) {
  batches_.reset();
  auto order = recipe_->order_of(epoch);
  batches_ = std::make_unique<Prefetcher<Batch>>(
      first, num_batches(), recipe_->num_workers,
      [recipe = recipe_, order = std::move(order), epoch, pinned = pins_memory_](std::int64_t number) {
        return recipe->make_batch(order, epoch, number, pinned);
      });
}

std::optional<Batch> Loader::next() {
  if (batches_ == nullptr) start_epoch(0);
  return batches_->next();
}

void Loader::limit(std::int64_t num_batches) { limit_ = num_batches; }

void Loader::pin_memory() { pins_memory_ = true; }

at::Tensor Loader::labels() const { return recipe_->samples.labels(); }

std::int64_t Loader::num_samples() const { return static_cast<std::int64_t>(recipe_->samples.places.size()); }

std::int64_t Loader::num_batches() const {
  const auto rest = num_samples() % recipe_->batch_size;
  const auto smallest_rest = recipe_->training ? 2 * recipe_->rank.count : 1;  // BatchNorm cannot train on one image
  const bool keeps_rest = recipe_->keep_partial_batch && rest >= smallest_rest;
  return std::min(limit_, num_samples() / recipe_->batch_size + (keeps_rest ? 1 : 0));
}

}  // namespace assay::data
