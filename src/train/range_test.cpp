#include "train/range_test.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "core/progress.h"
#include "core/stop.h"
#include "train/determinism.h"
#include "train/loop.h"
#include "train/state.h"

namespace assay::train {
namespace {

constexpr double kKept = 0.9;  // of the average, at each step
constexpr double kLargestRise = 4.0;
constexpr double kSmallestFall = 0.01;  // of the initial loss: below it, the fastest fall is noise

// Restores a module's parameters and buffers, however the test ends.
class Unchanged {
 public:
  explicit Unchanged(torch::nn::Module& module) {
    for (const auto& parameter : module.parameters()) live_.push_back(parameter.detach());
    for (const auto& buffer : module.buffers()) live_.push_back(buffer);
    for (const auto& value : live_) kept_.push_back(value.clone());
  }
  ~Unchanged() {
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < live_.size(); ++i) live_[i].copy_(kept_[i]);
  }
  Unchanged(const Unchanged&) = delete;
  Unchanged& operator=(const Unchanged&) = delete;

 private:
  std::vector<at::Tensor> live_, kept_;
};

// Leaves out weight averaging and the rates of a schedule.
TrainOptions without_average(TrainOptions options) {
  options.ema.decay = 0.0;
  return options;
}

class Tester {
 public:
  Tester(const TrainOptions& options, const TrainInput& input)
      : range_(options.range_test),
        loader_(input.train),
        rate_scale_(input.rate_scale),
        unchanged_(input.model),
        state_(without_average(options), input.model, input.step.precision, input.device, input.train.num_batches()),
        stepper_(input.model, state_, loss_of(options, input), input.device, input.step) {
    if (state_.optimizer->learning_rate() == 0.0) {
      throw Error(ErrorKind::kConfig, "train.range_test scales train.optimizer.lr, which is 0");
    }
    input.model.train();
  }
  ~Tester() { state_.optimizer->zero_grad(); }
  Tester(const Tester&) = delete;
  Tester& operator=(const Tester&) = delete;

  RangeTest run() {
    Progress progress("range test", range_.steps);
    StepPlace place{1, 0, 0};
    loader_.start_epoch(place.epoch);
    while (result_.ended.empty() && place.step < range_.steps) {
      throw_if_stopped();
      take_step(place);
      ++place.step;
      ++place.num_norm_steps;
      if (++place.batch == loader_.num_batches()) {
        place.batch = 0;
        loader_.start_epoch(++place.epoch);
      }
      progress.update(place.step);
    }
    if (result_.ended.empty()) result_.ended = "the highest rate was reached";
    result_.suggested_rate = suggest_rate(result_.points);
    return std::move(result_);
  }

 private:
  double rate(std::int64_t step) const {
    const auto progress = static_cast<double>(step) / static_cast<double>(std::max<std::int64_t>(1, range_.steps - 1));
    return range_.lowest * std::pow(range_.highest / range_.lowest, progress);
  }

  void take_step(const StepPlace& place) {
    const auto batch = loader_.next();
    const auto rate = this->rate(place.step);
    const auto factor = rate / state_.optimizer->learning_rate() * rate_scale_;
    const auto step = stepper_.step(*batch, place, factor, times_);
    if (step.outcome == StepOutcome::kNotFinite) {
      result_.ended = "the loss or the gradients were NaN or infinity";
      return;
    }
    average_ = kKept * average_ + (1.0 - kKept) * step.loss;
    const auto smoothed = average_ / (1.0 - std::pow(kKept, static_cast<double>(place.step + 1)));
    result_.points.push_back({rate, step.loss, smoothed});
    lowest_loss_ = place.step == 0 ? smoothed : std::min(lowest_loss_, smoothed);
    if (smoothed > kLargestRise * lowest_loss_) result_.ended = "the loss rose to four times its lowest";
  }

  const RangeTestOptions& range_;
  data::Loader& loader_;
  double rate_scale_;
  Unchanged unchanged_;
  TrainState state_;
  Stepper stepper_;
  StepTimes times_;
  double average_ = 0.0, lowest_loss_ = 0.0;
  RangeTest result_;
};

}  // namespace

RangeTest test_range(const TrainOptions& options, const TrainInput& input) {
  ASSAY_CHECK(input.train.num_batches() > 0);
  check_range(options.range_test);
  RangeTest result;
  run_deterministically(options.deterministic, input.device, [&] { result = Tester(options, input).run(); });
  return result;
}

void check_range(const RangeTestOptions& range) {
  if (range.lowest < range.highest) return;
  throw Error(ErrorKind::kConfig, fmt::format("train.range_test.lowest = {} is not below train.range_test.highest = {}",
                                              range.lowest, range.highest));
}

std::optional<double> suggest_rate(const std::vector<RangePoint>& points) {
  const auto lowest = std::min_element(
      points.begin(), points.end(),
      [](const RangePoint& left, const RangePoint& right) { return left.smoothed_loss < right.smoothed_loss; });
  if (points.empty() || lowest->smoothed_loss > (1.0 - kSmallestFall) * points.front().smoothed_loss) return {};
  std::optional<double> rate;
  double steepest = 0.0;
  const auto last = static_cast<std::size_t>(lowest - points.begin());
  for (auto i = std::max<std::size_t>(1, points.size() / 10); i < last; ++i) {
    const auto slope = points[i + 1].smoothed_loss - points[i - 1].smoothed_loss;
    if (slope >= steepest) continue;
    steepest = slope;
    rate = points[i].rate;
  }
  return rate;
}

Json to_json(const RangeTest& test) {
  Json json = {{"ended", test.ended}, {"suggested_lr", nullptr}, {"points", Json::array()}};
  if (test.suggested_rate) json["suggested_lr"] = *test.suggested_rate;
  for (const auto& point : test.points) {
    json["points"].push_back({{"step", json["points"].size()},
                              {"lr", point.rate},
                              {"loss", point.loss},
                              {"smoothed_loss", point.smoothed_loss}});
  }
  return json;
}

}  // namespace assay::train
