#include "compress/range.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"

namespace assay::compress {
namespace {

constexpr std::int64_t kSearchSample = 16'384;  // small enough for one thread: the search is hundreds of operations
constexpr std::int64_t kPercentileSample = 100'000;  // of which 99.99 % leaves out ten
constexpr int kNumSteps = 32;
constexpr int kFirstStep = 4;
constexpr int kNumSweeps = 2;
constexpr double kShareOfPiece = 0.01;

class MseSearch {
 public:
  MseSearch(const at::Tensor& sample, models::Activation activation, std::int64_t max_level)
      : sample_(sample),
        activation_(activation),
        max_level_(max_level),
        exact_(models::apply_activation(sample, activation)) {}

  double error(double low, double high) const {
    const auto params = params_of_range(low, high, max_level_);
    const auto rounded = at::fake_quantize_per_tensor_affine(sample_, params.scale, params.zero_point, 0, max_level_);
    return (models::apply_activation(rounded, activation_) - exact_).square_().mean().item<double>();
  }

  /// Improves one end of the range, the other being fixed.
  double search_end(double low, double high, double extreme, bool is_high) const {
    auto best = is_high ? high : low;
    auto least = error(low, high);
    for (int step = kFirstStep; step <= kNumSteps; ++step) {
      const auto end = extreme * step / kNumSteps;
      const auto candidate = is_high ? error(low, end) : error(end, high);
      if (candidate < least) {
        least = candidate;
        best = end;
      }
    }
    return best;
  }

 private:
  at::Tensor sample_;
  models::Activation activation_;
  std::int64_t max_level_;
  at::Tensor exact_;
};

QuantParams choose_by_error(const at::Tensor& sample, double lowest, double highest, models::Activation activation,
                            std::int64_t max_level) {
  const MseSearch search(sample, activation, max_level);
  auto low = lowest;
  auto high = highest;
  for (int sweep = 0; sweep < kNumSweeps; ++sweep) {
    high = search.search_end(low, high, highest, /*is_high=*/true);
    low = search.search_end(low, high, lowest, /*is_high=*/false);
  }
  return params_of_range(low, high, max_level);
}

}  // namespace

RangeMethod find_range_method(std::string_view name) {
  if (name == "minmax") return RangeMethod::kMinMax;
  if (name == "percentile") return RangeMethod::kPercentile;
  if (name == "mse") return RangeMethod::kMse;
  if (name == "moving_average") return RangeMethod::kMovingAverage;
  if (name == "histogram") return RangeMethod::kHistogram;
  throw Error(ErrorKind::kConfig, fmt::format("no way to choose ranges is called \"{}\"", name), "",
              "one of: minmax, percentile, mse, moving_average, histogram");
}

QuantParams params_of_range(double low, double high, std::int64_t max_level) {
  low = std::min(low, 0.0);
  high = std::max(high, 0.0);
  const auto scale = std::max((high - low) / static_cast<double>(max_level), 1e-8);
  return {scale, std::clamp<std::int64_t>(std::llround(-low / scale), 0, max_level)};
}

RangeObserver::RangeObserver(std::int64_t num_values, const RangeOptions& options) : options_(options) {
  const auto most = options.method == RangeMethod::kPercentile ? kPercentileSample : kSearchSample;
  // An odd stride, prime to the powers of two of image sizes and channels, visits every channel and place alike.
  stride_ = ((num_values + most - 1) / most) | 1;
}

void RangeObserver::observe(const at::Tensor& values) {
  const torch::NoGradGuard no_grad;
  const auto [min, max] = at::aminmax(values);
  const auto low = min.item<double>(), high = max.item<double>();
  lowest_ = std::min(lowest_, low);
  highest_ = std::max(highest_, high);
  if (!average_) average_.emplace(low, high);
  average_->first += kShareOfPiece * (low - average_->first);
  average_->second += kShareOfPiece * (high - average_->second);
  if (options_.method == RangeMethod::kHistogram) histogram_.add(values, low, high);
  const auto flat = values.contiguous().view({-1});
  const auto first = (stride_ - num_seen_ % stride_) % stride_;
  if (first < flat.numel()) samples_.push_back(flat.slice(0, first, flat.numel(), stride_).clone());
  num_seen_ += flat.numel();
}

QuantParams RangeObserver::choose(models::Activation activation) const {
  const torch::NoGradGuard no_grad;
  ASSAY_CHECK(samples_.empty() == false);
  const auto sample = at::cat(samples_);
  switch (options_.method) {
    case RangeMethod::kPercentile: {
      const auto share = options_.percentile / 100.0;
      const auto ends = at::quantile(sample, at::tensor({1.0 - share, share}, sample.options()));
      return params_of_range(ends[0].item<double>(), ends[1].item<double>(), options_.max_level);
    }
    case RangeMethod::kMse:
      return choose_by_error(sample, lowest_, highest_, activation, options_.max_level);
    case RangeMethod::kMovingAverage:
      return params_of_range(average_->first, average_->second, options_.max_level);
    case RangeMethod::kHistogram: {
      const auto [low, high] = histogram_.best_range(options_.max_level + 1);
      return params_of_range(low, high, options_.max_level);
    }
    case RangeMethod::kMinMax:
      break;
  }
  return params_of_range(lowest_, highest_, options_.max_level);
}

QuantParams choose_range(const at::Tensor& values, models::Activation activation, const RangeOptions& options) {
  RangeObserver observer(values.numel(), options);
  observer.observe(values);
  return observer.choose(activation);
}

}  // namespace assay::compress
