#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "core/rng.h"

namespace assay::data {
namespace {

/// Shuffles in place. Source: Knuth, The Art of Computer Programming, vol. 2, algorithm 3.4.2P (Fisher and Yates).
void shuffle(std::vector<std::int64_t>& places, Rng& rng) {
  for (std::size_t i = places.size(); i > 1; --i) {
    std::swap(places[i - 1], places[rng.below(static_cast<std::uint32_t>(i))]);
  }
}

/// Divides places by their class, ascending. Shapes: labels (N) int64, by place.
std::map<std::int64_t, std::vector<std::int64_t>> group_by_class(const std::vector<std::int64_t>& places,
                                                                 const at::Tensor& labels) {
  const auto contiguous = labels.contiguous();
  const auto* label = contiguous.const_data_ptr<std::int64_t>();
  std::map<std::int64_t, std::vector<std::int64_t>> places_of_class;
  for (const auto place : places) places_of_class[label[place]].push_back(place);
  return places_of_class;
}

}  // namespace

Partition split_validation(const at::Tensor& labels, double fraction, std::uint64_t seed) {
  Partition partition;
  for (auto& [class_label, places] : group_by_class(all_places(labels.numel()), labels)) {
    Rng rng(seed, Stream::kSplit, 0, static_cast<std::uint64_t>(class_label));
    shuffle(places, rng);
    const auto border = places.begin() + std::lround(fraction * static_cast<double>(places.size()));
    partition.validation.insert(partition.validation.end(), places.begin(), border);
    partition.train.insert(partition.train.end(), border, places.end());
  }
  std::sort(partition.train.begin(), partition.train.end());
  std::sort(partition.validation.begin(), partition.validation.end());
  return partition;
}

std::vector<std::int64_t> all_places(std::int64_t num_images) {
  std::vector<std::int64_t> places(static_cast<std::size_t>(num_images));
  std::iota(places.begin(), places.end(), 0);
  return places;
}

std::vector<std::int64_t> draw_places(const std::vector<std::int64_t>& places, std::int64_t count, std::uint64_t seed) {
  auto drawn = places;
  Rng rng(seed, Stream::kSplit, 1);
  shuffle(drawn, rng);
  drawn.resize(std::min(drawn.size(), static_cast<std::size_t>(std::max<std::int64_t>(0, count))));
  return drawn;
}

std::vector<std::int64_t> shuffled(std::vector<std::int64_t> places, std::uint64_t seed, std::int64_t epoch) {
  Rng rng(seed, Stream::kShuffle, static_cast<std::uint32_t>(epoch));
  shuffle(places, rng);
  return places;
}

std::vector<std::int64_t> drawn_by_class(const std::vector<std::int64_t>& places, const at::Tensor& labels,
                                         std::uint64_t seed, std::int64_t epoch) {
  std::vector<std::vector<std::int64_t>> classes;
  for (auto& [label, its_places] : group_by_class(places, labels)) classes.push_back(std::move(its_places));
  Rng rng(seed, Stream::kSampling, static_cast<std::uint32_t>(epoch));
  const auto pick = [&rng](const auto& some) -> const auto& {
    return some[rng.below(static_cast<std::uint32_t>(some.size()))];
  };
  std::vector<std::int64_t> drawn;
  drawn.reserve(places.size());
  while (drawn.size() < places.size()) drawn.push_back(pick(pick(classes)));
  return drawn;
}

}  // namespace assay::data
