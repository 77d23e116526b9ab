#include "app/training_check.h"

#include <fmt/format.h>

#include "app/classification.h"
#include "app/training.h"
#include "train/optimizers/optimizer.h"
#include "train/range_test.h"
#include "train/schedules/schedule.h"

namespace assay::app {
namespace {

void check_batch(std::optional<std::int64_t> global, std::int64_t num_train) {
  if (!global || *global <= num_train) return;
  throw Error(ErrorKind::kConfig,
              fmt::format("train.batch.global = {}: there are only {} training images", *global, num_train));
}

// Both do the same: together they would make rare classes count for more than common ones.
void check_balance(const train::TrainOptions& options, const data::LoaderOptions& loader) {
  if (options.class_weights == "none" || loader.sampling != "balanced") return;
  throw Error(
      ErrorKind::kConfig,
      fmt::format("train.class_weights = {} and data.loader.sampling = balanced correct the same imbalance twice",
                  options.class_weights),
      "", "choose one of them");
}

}  // namespace

void check_training(const config::Section& data, const train::TrainOptions& options, std::int64_t seed,
                    const Machine& machine, config::Problems& problems) {
  problems.collect([&] { train::make_optimizer(options.optimizer, {}); });
  problems.collect([&] { train::make_schedule(options.schedule, 1, 1); });
  problems.collect([&] { train::check_range(options.range_test); });
  problems.collect([&] { choose_precision(machine, options); });
  std::unique_ptr<data::Dataset> dataset;
  problems.collect([&] { dataset = data::make_dataset(data); });
  std::optional<data::LoadingOptions> loading;
  problems.collect([&] { loading = data::read_loading_options(data); });
  if (loading) problems.collect([&] { check_balance(options, loading->loader); });
  if (!dataset || !loading) return;
  problems.collect([&] { data::Augmentations(loading->augment, loading->augmentations, dataset->image_size()); });
  problems.collect([&] {
    const auto labels = dataset->labels(data::Split::kTrain);
    if (dataset->open(data::Split::kValidation)) {
      check_batch(options.batch.global, labels.numel());
    } else {
      const auto partition = divide_training_set(labels, loading->loader.validation_fraction, seed);
      check_batch(options.batch.global, static_cast<std::int64_t>(partition.train.size()));
    }
  });
}

}  // namespace assay::app
