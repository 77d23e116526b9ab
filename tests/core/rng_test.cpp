#include "core/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace assay {
namespace {

using Block = std::array<std::uint32_t, 4>;

// Known answers published with the generator (Random123, kat_vectors, philox4x32 10).
TEST(RngTest, MatchesPublishedPhiloxVectors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t kOnes = 0xffffffff;
  EXPECT_EQ(philox4x32({kOnes, kOnes, kOnes, kOnes}, {kOnes, kOnes}),
            (Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RngTest, EveryPartOfTheKeyChangesTheNumbers) {
  const auto first = [](Rng rng) { return rng.next(); };
  const auto reference = first(Rng(1, Stream::kAugment, 2, 3));
  EXPECT_EQ(reference, first(Rng(1, Stream::kAugment, 2, 3)));
  EXPECT_NE(reference, first(Rng(2, Stream::kAugment, 2, 3)));
  EXPECT_NE(reference, first(Rng(1, Stream::kShuffle, 2, 3)));
  EXPECT_NE(reference, first(Rng(1, Stream::kAugment, 3, 3)));
  EXPECT_NE(reference, first(Rng(1, Stream::kAugment, 2, 4)));
}

TEST(RngTest, BelowIsUniform) {
  Rng rng(7, Stream::kShuffle);
  std::vector<int> counts(7);
  constexpr int kDraws = 70000;
  for (int i = 0; i < kDraws; ++i) ++counts[rng.below(7)];
  double chi_squared = 0.0;
  for (const int count : counts) chi_squared += std::pow(count - kDraws / 7.0, 2) / (kDraws / 7.0);
  EXPECT_LT(chi_squared, 22.5);  // 0.1 % quantile at 6 degrees of freedom
}

TEST(RngTest, UniformAndNormalHaveTheirMoments) {
  Rng rng(3, Stream::kAugment);
  constexpr int kDraws = 100000;
  double sum = 0.0, normal_sum = 0.0, normal_squares = 0.0;
  for (int i = 0; i < kDraws; ++i) {
    const float uniform = rng.uniform();
    ASSERT_GE(uniform, 0.0F);
    ASSERT_LT(uniform, 1.0F);
    sum += uniform;
    const double normal = rng.normal();
    normal_sum += normal;
    normal_squares += normal * normal;
  }
  EXPECT_NEAR(sum / kDraws, 0.5, 0.005);
  EXPECT_NEAR(normal_sum / kDraws, 0.0, 0.02);
  EXPECT_NEAR(normal_squares / kDraws, 1.0, 0.03);
}

TEST(RngTest, GammaAndBetaHaveTheirMoments) {
  Rng rng(5, Stream::kMixing);
  constexpr int kDraws = 100000;
  for (const double shape : {0.2, 1.0, 4.0}) {
    double sum = 0.0, squares = 0.0, beta_sum = 0.0, beta_squares = 0.0;
    for (int i = 0; i < kDraws; ++i) {
      const double gamma = rng.gamma(shape);
      const double beta = rng.beta(shape, shape);
      ASSERT_GE(beta, 0.0);
      ASSERT_LE(beta, 1.0);
      sum += gamma;
      squares += gamma * gamma;
      beta_sum += beta;
      beta_squares += beta * beta;
    }
    const double mean = sum / kDraws;
    EXPECT_NEAR(mean, shape, 0.02 * std::max(1.0, shape));
    EXPECT_NEAR(squares / kDraws - mean * mean, shape, 0.05 * std::max(1.0, shape));
    EXPECT_NEAR(beta_sum / kDraws, 0.5, 0.005);
    EXPECT_NEAR(beta_squares / kDraws - 0.25, 0.25 / (2.0 * shape + 1.0), 0.005);
  }
}

}  // namespace
}  // namespace assay
