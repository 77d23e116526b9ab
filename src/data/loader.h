#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <vector>

#include "core/rank.h"
#include "data/batch.h"
#include "data/loading.h"
#include "data/prefetch.h"
#include "data/source.h"
#include "data/transforms.h"

namespace assay::data {

/// Hands out the batches of an epoch, prepared ahead by threads. What a batch holds depends on the seed, the epoch and
/// its number alone: an epoch can be repeated, or begun anew after a restart, and the number of workers changes
/// nothing.
///
///     loader.start_epoch(epoch);
///     while (auto batch = loader.next()) step(batch->images, batch->labels);
class Loader {
 public:
  /// Makes a loader that orders and varies the samples, epoch by epoch; where there are several ranks, this one's
  /// equal part of each batch of `batch_size` images. The default number of workers is one.
  /// Errors: Error(kConfig) as the constructor of Augmentations, or when the ranks cannot share a batch equally.
  static Loader for_training(Samples samples, const Preprocessing& preprocessing, const LoadingOptions& options,
                             std::int64_t batch_size, std::uint64_t seed, Rank rank = {});

  /// Makes a loader that gives the samples without variation, in their order, the last batch maybe smaller; the same in
  /// every epoch.
  static Loader for_evaluation(Samples samples, const Preprocessing& preprocessing, std::int64_t batch_size,
                               std::int64_t num_workers = 1);

  Loader(Loader&&) noexcept;
  Loader& operator=(Loader&&) noexcept;
  ~Loader();

  /// Begins an epoch, at its batch `first`; what was left of another one is dropped.
  void start_epoch(std::int64_t epoch, std::int64_t first = 0);

  /// Ends every epoch after `num_batches` batches, if it is not over before.
  void limit(std::int64_t num_batches);

  /// Makes the batches of later epochs in page-locked memory, which an accelerator reads by itself while the processor
  /// goes on. Only where CUDA is in use.
  void pin_memory();

  /// Returns the next batch, or nothing after the last of the epoch. Without start_epoch it is epoch 0.
  /// Errors: whatever went wrong while the batch was prepared.
  std::optional<Batch> next();

  at::Tensor labels() const;         ///< of all samples. Shapes: (num_samples) int64
  std::int64_t num_samples() const;  ///< of all ranks, whether or not the last batch is dropped
  std::int64_t num_batches() const;  ///< of an epoch

 private:
  struct Recipe;
  explicit Loader(std::shared_ptr<const Recipe> recipe);

  std::shared_ptr<const Recipe> recipe_;
  std::int64_t limit_ = std::numeric_limits<std::int64_t>::max();
  bool pins_memory_ = false;
  std::unique_ptr<Prefetcher<Batch>> batches_;
};

}  // namespace assay::data
