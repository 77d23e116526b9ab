#include "compress/histogram.h"

#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/error.h"

namespace assay::compress {
namespace {

constexpr std::int64_t kNumParts = 16;  // of a bin, which go where their middles lie when the range grows
constexpr double kQuantileStep = 1e-5;

double integral_of_square(double begin, double end) { return (end * end * end - begin * begin * begin) / 3.0; }

}  // namespace

void Histogram::add(const at::Tensor& values, double lowest, double highest) {
  if (counts_.empty()) {
    counts_.resize(kNumBins);
    low_ = lowest;
    high_ = highest;
  } else if (lowest < low_ || highest > high_) {
    widen(std::min(low_, lowest), std::max(high_, highest));
  }
  if (low_ == high_) {  // of no width, for which histc would choose one of its own
    counts_.front() += static_cast<double>(values.numel());
    return;
  }
  const auto added = at::histc(values.contiguous(), kNumBins, low_, high_).to(at::kDouble);
  const auto* counts = added.const_data_ptr<double>();
  for (std::int64_t bin = 0; bin < kNumBins; ++bin) counts_[static_cast<std::size_t>(bin)] += counts[bin];
}

void Histogram::widen(double low, double high) {
  std::vector<double> wider(kNumBins);
  const auto part_width = (high_ - low_) / static_cast<double>(kNumBins * kNumParts);
  for (std::int64_t part = 0; part < kNumBins * kNumParts; ++part) {
    const auto middle = low_ + (static_cast<double>(part) + 0.5) * part_width;
    const auto bin = static_cast<std::int64_t>((middle - low) / (high - low) * static_cast<double>(kNumBins));
    wider[static_cast<std::size_t>(std::clamp<std::int64_t>(bin, 0, kNumBins - 1))] +=
        counts_[static_cast<std::size_t>(part / kNumParts)] / static_cast<double>(kNumParts);
  }
  counts_ = std::move(wider);
  low_ = low;
  high_ = high;
}

// The squared error of all values when bins `first` to `last` are divided into levels; each level stands for the
// values around its middle, the outer two for all beyond.
double Histogram::error(std::int64_t first, std::int64_t last, std::int64_t num_levels) const {
  const auto bin_width = (high_ - low_) / static_cast<double>(kNumBins);
  const auto level_width = bin_width * static_cast<double>(last - first + 1) / static_cast<double>(num_levels);
  if (level_width == 0.0) return 0.0;
  const auto level_of = [&](double value) {
    return std::clamp(std::floor(value / level_width), 0.0, static_cast<double>(num_levels - 1));
  };
  const auto half = level_width / 2.0;
  double sum = 0.0;
  for (std::int64_t bin = 0; bin < kNumBins; ++bin) {
    const auto begin = static_cast<double>(bin - first) * bin_width, end = begin + bin_width;
    const auto first_level = level_of(begin), last_level = level_of(end);
    const auto in_first = integral_of_square(begin - (first_level + 0.5) * level_width, half);
    const auto between = (last_level - first_level - 1.0) * integral_of_square(-half, half);
    const auto in_last = integral_of_square(-half, end - (last_level + 0.5) * level_width);
    sum += counts_[static_cast<std::size_t>(bin)] / bin_width * (in_first + between + in_last);
  }
  return sum;
}

std::pair<double, double> Histogram::best_range(std::int64_t num_levels) const {
  ASSAY_CHECK(!counts_.empty());
  std::vector<double> cumulative(kNumBins);
  std::partial_sum(counts_.begin(), counts_.end(), cumulative.begin());
  const auto total = cumulative.back();
  const auto up_to = [&](std::int64_t bin) { return cumulative[static_cast<std::size_t>(bin)]; };
  double below = 0.0, above = 1.0;  // quantiles
  std::int64_t first = 0, last = kNumBins - 1;
  auto least = std::numeric_limits<double>::infinity();
  while (below < above) {
    auto left = first, right = last;
    while (left < last && up_to(left) < (below + kQuantileStep) * total) ++left;
    while (right > first && up_to(right) > (above - kQuantileStep) * total) --right;
    const bool moves_left = left - first > last - right;
    (moves_left ? below : above) += moves_left ? kQuantileStep : -kQuantileStep;
    const auto next_first = moves_left ? left : first, next_last = moves_left ? last : right;
    if (next_first == first && next_last == last) continue;
    const auto lost = error(next_first, next_last, num_levels);
    if (lost > least) break;
    least = lost;
    first = next_first;
    last = next_last;
  }
  const auto bin_width = (high_ - low_) / static_cast<double>(kNumBins);
  return {low_ + bin_width * static_cast<double>(first), low_ + bin_width * static_cast<double>(last + 1)};
}

}  // namespace assay::compress
