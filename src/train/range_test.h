#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/schema.h"
#include "core/json.h"

namespace assay::train {

struct TrainInput;
struct TrainOptions;

/// Search for a learning rate before a training.
struct RangeTestOptions {
  std::int64_t steps = 0;
  double lowest = 1e-5;
  double highest = 10.0;

  static auto schema() {
    return config::schema<RangeTestOptions>(
        config::field("steps", &RangeTestOptions::steps, config::at_least(0),
                      "optimizer steps, each with a higher rate than the one before; 0: no test"),
        config::field("lowest", &RangeTestOptions::lowest, config::between(1e-12, 1e6),
                      "lowest value of train.optimizer.lr"),
        config::field("highest", &RangeTestOptions::highest, config::between(1e-12, 1e6),
                      "highest value of train.optimizer.lr, unless the loss rises too far before"));
  }
};

/// One step of a range test.
struct RangePoint {
  double rate = 0.0;           ///< as a value of train.optimizer.lr
  double loss = 0.0;           ///< mean over the batch, before the step
  double smoothed_loss = 0.0;  ///< moving average over about ten steps, without bias towards 0
};

struct RangeTest {
  std::vector<RangePoint> points;
  std::string ended;                     ///< the reason: "the highest rate was reached", ...
  std::optional<double> suggested_rate;  ///< where the smoothed loss falls fastest; nothing if it hardly falls
};

/// Trains for some steps while the learning rate rises geometrically from `lowest` to `highest`, on the first batches
/// of the training; stops when the loss is NaN or infinity or its average exceeds four times the lowest so far. The
/// model, which is borrowed, then gets back its weights and statistics bit by bit; input.sink receives nothing.
/// Errors: as check_range; Error(kConfig) if the optimizer's own rate is 0; Stopped.
/// Source: Smith, Cyclical learning rates for training neural networks, arXiv 1506.01186, section 3.3, whose rate rises
/// linearly; the geometric rise and the end at four times the lowest loss are fastai's.
RangeTest test_range(const TrainOptions& options, const TrainInput& input);

/// Rejects an empty range. Errors: Error(kConfig) if the lowest rate is not below the highest.
void check_range(const RangeTestOptions& range);

/// Returns the rate at which the smoothed loss falls fastest from step to step, on its way to its lowest. The first
/// tenth of the points is ignored, since their averages cover few steps. Nothing if it falls by less than 1 %.
std::optional<double> suggest_rate(const std::vector<RangePoint>& points);

/// Writes the whole result of a test; points have `step`, `lr`, `loss`, `smoothed_loss`.
Json to_json(const RangeTest& test);

}  // namespace assay::train
