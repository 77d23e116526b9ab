#include "compress/sparsity.h"

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/json.h"

namespace assay::compress {
namespace {

/// Reads golden/sparsity.json, written by golden/sparsity.py with torch.nn.utils.prune and torch.ao.pruning.
Json golden() { return read_json(std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/golden/sparsity.json"); }

at::Tensor weight_of(const Json& layer) {
  return torch::tensor(layer["weight"].get<std::vector<float>>()).view(layer["shape"].get<std::vector<std::int64_t>>());
}

at::Tensor expected_of(const Json& layer) {
  return weight_of(layer) * torch::tensor(layer["kept"].get<std::vector<float>>()).view(weight_of(layer).sizes());
}

TEST(SparsityTest, SmallestWeightsAreThoseOfPyTorch) {
  for (const auto& one : golden()["unstructured"]) {
    const auto scope = parse_sparsity_scope(one["scope"].get<std::string>());
    train::NamedTensors weights;
    for (const auto& layer : one["layers"]) {
      auto weight = weight_of(layer);
      // In whatever order the numbers lie in memory.
      if (weight.dim() == 4) weight = weight.contiguous(at::MemoryFormat::ChannelsLast);
      weights.emplace_back("layer.weight", weight);
    }
    zero_smallest(weights, one["sparsity"].get<double>(), scope);
    for (std::size_t i = 0; i < weights.size(); ++i) {
      EXPECT_TRUE(weights[i].second.equal(expected_of(one["layers"][i])))
          << one["scope"] << ' ' << one["sparsity"] << ", layer " << i;
    }
  }
}

TEST(SparsityTest, TwoOfFourAreThoseOfPyTorch) {
  const auto layer = golden()["two_of_four"];
  const auto weight = weight_of(layer);
  EXPECT_TRUE(zero_two_of_four(weight));
  EXPECT_TRUE(weight.equal(expected_of(layer)));
}

TEST(SparsityTest, TwoOfFourRunsAlongTheInputChannelsOfConvolutions) {
  torch::manual_seed(3);
  const auto weight = torch::randn({5, 8, 3, 3}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto rows = weight.permute({0, 2, 3, 1}).reshape({45, 8}).clone();
  EXPECT_TRUE(zero_two_of_four(weight));
  EXPECT_TRUE(zero_two_of_four(rows));
  EXPECT_TRUE(weight.permute({0, 2, 3, 1}).reshape({45, 8}).equal(rows));
  const auto of_three = torch::randn({5, 3, 3, 3});
  const auto before = of_three.clone();
  EXPECT_FALSE(zero_two_of_four(of_three));
  EXPECT_TRUE(of_three.equal(before));
}

TEST(SparsityTest, IsToldForEachLayer) {
  const train::NamedTensors weights = {{"stem.weight", torch::tensor({{0.0, 1.0}, {0.0, 0.0}})},
                                       {"a.b.weight", torch::tensor({{1.0, 1.0, 0.0, 2.0}})}};
  EXPECT_EQ(sparsity_of(weights), 0.5);
  const auto told = describe_sparsity(weights);
  EXPECT_EQ(told[0].second, "50.00 % of 8 weights");
  EXPECT_EQ(told[1].second, "stem 75.0 %, a.b 25.0 %");
}

}  // namespace
}  // namespace assay::compress
