#include "data/mixing.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

namespace assay::data {
namespace {

Batch plain_batch(std::int64_t count = 4) {
  const auto values = torch::arange(count, torch::kFloat).view({count, 1, 1, 1});
  return {values.expand({count, 3, 8, 8}).contiguous(at::MemoryFormat::ChannelsLast), torch::arange(count)};
}

AugmentOptions options(double mixup_alpha, double cutmix_alpha) {
  AugmentOptions options;
  options.mixup_alpha = mixup_alpha;
  options.cutmix_alpha = cutmix_alpha;
  return options;
}

TEST(MixingTest, DoesNothingUnlessAsked) {
  auto batch = plain_batch();
  mix(batch, {}, 1, 1, 0);
  EXPECT_FALSE(batch.other_labels.defined());
  EXPECT_EQ(batch.share, 1.0);
}

TEST(MixingTest, MixupBlendsImagesByTheShareOfTheirLabels) {
  auto batch = plain_batch();
  mix(batch, options(1.0, 0.0), 1, 1, 0);
  EXPECT_TRUE(batch.other_labels.equal(torch::tensor({3, 2, 1, 0})));
  for (std::int64_t i = 0; i < 4; ++i) {
    const auto expected = batch.share * static_cast<double>(i) + (1.0 - batch.share) * static_cast<double>(3 - i);
    EXPECT_NEAR(batch.images[i].min().item<double>(), expected, 1e-6);
    EXPECT_NEAR(batch.images[i].max().item<double>(), expected, 1e-6);
  }
}

TEST(MixingTest, CutmixSharesTheLabelsByTheAreaThatIsLeft) {
  for (std::int64_t number = 0; number < 50; ++number) {
    auto batch = plain_batch();
    mix(batch, options(0.0, 1.0), 1, 1, number);
    const auto kept = batch.images[0][0].eq(0.0).to(torch::kDouble).mean().item<double>();
    EXPECT_NEAR(kept, batch.share, 1e-9) << "batch " << number;
  }
}

TEST(MixingTest, DependsOnSeedEpochAndNumberAlone) {
  const auto share = [](std::uint64_t seed, std::int64_t epoch, std::int64_t number) {
    auto batch = plain_batch();
    mix(batch, options(0.4, 0.4), seed, epoch, number);
    return batch.share;
  };
  EXPECT_EQ(share(1, 1, 0), share(1, 1, 0));
  EXPECT_NE(share(1, 1, 0), share(2, 1, 0));
  EXPECT_NE(share(1, 1, 0), share(1, 2, 0));
  EXPECT_NE(share(1, 1, 0), share(1, 1, 1));
}

}  // namespace
}  // namespace assay::data
