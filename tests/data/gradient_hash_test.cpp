#include "data/gradient_hash.h"

#include <torch/torch.h>

#include <bit>
#include <random>

#include "data/photo.h"

namespace assay::data {
namespace {

std::int64_t distance(std::uint64_t a, std::uint64_t b) { return std::popcount(a ^ b); }

TEST(GradientHashTest, IsNearlyTheSameAfterScalingAndLight) {
  const auto hash = gradient_hash(photo(3, 64, 80));
  EXPECT_LE(distance(gradient_hash(photo(3, 31, 200)), hash), 4);
  EXPECT_LE(distance(gradient_hash((photo(3, 64, 80).to(torch::kFloat) * 0.7).to(torch::kByte)), hash), 4);
  EXPECT_GT(distance(gradient_hash(photo(4, 64, 80)), hash), 4);
  EXPECT_EQ(gradient_hash(torch::full({3, 20, 30}, 77, torch::kByte)), 0U);
}

TEST(GradientHashTest, LooksFromLeftToRight) {
  const auto ramp = torch::arange(0, 90, torch::kByte).view({1, 1, 90}).expand({3, 40, 90});
  EXPECT_EQ(gradient_hash(ramp), 0U) << "nowhere darker";
  EXPECT_EQ(gradient_hash(ramp.flip(2)), ~0ULL) << "darker everywhere";
}

/// Compares all pairs.
std::vector<NearPair> find_slowly(const std::vector<std::uint64_t>& hashes, std::int64_t max_distance) {
  std::vector<NearPair> found;
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    NearPair nearest{static_cast<std::int64_t>(i), 0, max_distance + 1};
    for (std::size_t j = 0; j < i; ++j) {
      const auto bits = distance(hashes[i], hashes[j]);
      if (hashes[i] == 0 || hashes[j] == 0 || bits >= nearest.distance) continue;
      nearest.earlier = static_cast<std::int64_t>(j);
      nearest.distance = bits;
    }
    if (nearest.distance <= max_distance) found.push_back(nearest);
  }
  return found;
}

TEST(FindNearTest, FindsWhatComparingAllPairsFinds) {
  std::mt19937_64 random(1);  // NOLINT: the same in each run
  std::vector<std::uint64_t> hashes = {0, 0, 1};
  while (hashes.size() < 300) {
    auto hash = random() % 4 == 0 ? random() : hashes[random() % hashes.size()];
    for (auto flips = random() % 8; flips > 0; --flips) hash ^= 1ULL << (random() % 64);
    hashes.push_back(hash);
  }
  for (const std::int64_t most : {0, 1, 3, 7, 10}) {
    const auto found = find_near(hashes, most), expected = find_slowly(hashes, most);
    ASSERT_EQ(found.size(), expected.size()) << most;
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].image, expected[i].image);
      EXPECT_EQ(found[i].earlier, expected[i].earlier);
      EXPECT_EQ(found[i].distance, expected[i].distance);
    }
  }
}

}  // namespace
}  // namespace assay::data
