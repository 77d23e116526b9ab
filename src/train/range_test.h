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

/// Says how a learning rate is looked for before a training.
struct RangeTestOptions {
  std::int64_t steps = 0;
  double lowest = 1e-5;
  double highest = 10.0;

  static auto schema() {
    return config::schema<RangeTestOptions>(
        config::field("steps", &RangeTestOptions::steps, config::at_least(0),
                      "optimizer steps, each with a higher rate than the one before; 0: no test"),
        config::field("lowest", &RangeTestOptions::lowest, config::between(1e-12, 1e6),
                      "value of train.optimizer.lr to begin with"),
        config::field("highest", &RangeTestOptions::highest, config::between(1e-12, 1e6),
                      "value of train.optimizer.lr to end with, if the loss does not rise too far before"));
  }
};

/// Is one step of a range test.
struct RangePoint {
  double rate = 0.0;           ///< as train.optimizer.lr would be
  double loss = 0.0;           ///< mean over the batch, before the step
  double smoothed_loss = 0.0;  ///< moving average over about ten steps, without bias towards 0
};

struct RangeTest {
  std::vector<RangePoint> points;
  std::string ended;                     ///< why: "the highest rate was reached", ...
  std::optional<double> suggested_rate;  ///< where the smoothed loss falls fastest; nothing when it hardly falls
};

/// Trains for some steps while the learning rate rises geometrically from `lowest` to `highest`, on the batches with
/// which training begins; stops when the loss is no number or its average exceeds four times the lowest so far. The
/// model, which is borrowed, then has its weights and statistics back, bit by bit; input.sink gets nothing.
/// Errors: as check_range; Error(kConfig) when the optimizer's own rate is 0; Stopped.
/// Source: Smith, Cyclical learning rates for training neural networks, arXiv 1506.01186, section 3.3, whose rate rises
/// linearly; the geometric rise and the end at four times the lowest loss are fastai's.
RangeTest test_range(const TrainOptions& options, const TrainInput& input);

/// Refuses a range without an extent. Errors: Error(kConfig) when the lowest rate is not below the highest.
void check_range(const RangeTestOptions& range);

/// Returns the rate at which the smoothed loss falls fastest from step to step, on its way to its lowest; the first
/// tenth of the points, whose averages are of few steps, does not count. Nothing when it falls by less than 1 %.
std::optional<double> suggest_rate(const std::vector<RangePoint>& points);

/// Writes all of a test, points as `step`, `lr`, `loss`, `smoothed_loss`.
Json to_json(const RangeTest& test);

}  // namespace assay::train
