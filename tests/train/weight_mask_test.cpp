#include "train/weight_mask.h"

#include "temporary_folder.h"
#include "train/interruption.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

/// Every other weight of every layer is zero.
class SparseNet final : public models::Model {
 public:
  SparseNet() {
    torch::manual_seed(3);
    auto node = add_conv("conv", add_input(), {.in_channels = 3, .out_channels = 8, .kernel = 3});
    add_batch_norm("norm", node, 1e-5, 0.1);
    add_linear("head", add_flatten(add_global_pool(node)), 8, 2, models::Activation::kNone);
    const torch::NoGradGuard no_grad;
    for (const auto& [name, weight] : weights_of_layers(*this)) {
      weight.view({-1}).slice(0, 0, c10::nullopt, 2).zero_();
    }
  }
};

class WeightMaskTest : public testing::Test {
 protected:
  WeightMaskTest() {
    training_.holds_zeros = true;
    training_.options.checkpoint.every_steps = 5;
  }

  at::Tensor uninterrupted() {
    const TemporaryFolder folder;
    SparseNet net;
    training_.run(net, folder.path(), sink_);
    return all_values(net);
  }

  TemporaryFolder folder_;
  SmallTraining training_;
  LastPoint sink_;
};

TEST_F(WeightMaskTest, ListsTheWeightsOfLayersByTheirNames) {
  const SparseNet net;
  const auto weights = weights_of_layers(net);
  ASSERT_EQ(weights.size(), 2U);
  for (const auto& [name, weight] : weights) EXPECT_TRUE(weight.is_same(net.named_parameters()[name])) << name;
}

TEST_F(WeightMaskTest, HoldsZerosWhateverUpdatesTheWeights) {
  const auto check = [this](const std::string& what) {
    SparseNet net;
    const TemporaryFolder folder;
    training_.run(net, folder.path(), sink_);
    for (const auto& [name, weight] : weights_of_layers(net)) {
      const auto values = weight.contiguous().view({-1});
      EXPECT_EQ(values.slice(0, 0, c10::nullopt, 2).count_nonzero().item<std::int64_t>(), 0) << what << ' ' << name;
      EXPECT_GT(values.slice(0, 1, c10::nullopt, 2).count_nonzero().item<std::int64_t>(), 0) << what << ' ' << name;
    }
  };
  for (const auto& optimizer : describe_optimizers()) {
    training_.options.optimizer = section("name = \"" + optimizer.name + "\"\nlr = 0.01");
    check(optimizer.name);
  }
  training_.options.ema.decay = 0.0;
  check("without averages");
}

TEST_F(WeightMaskTest, GoesOnWithTheSameBitsAfterAnInterruption) {
  const auto expected = uninterrupted();
  {
    SparseNet net;
    Bomb bomb(2);
    EXPECT_THROW(training_.run(net, folder_.path(), bomb), Interrupted);
  }
  SparseNet net;
  EXPECT_EQ(training_.run(net, folder_.path(), sink_).resumed_at_step, 10);
  EXPECT_TRUE(all_values(net).equal(expected));
}

}  // namespace
}  // namespace assay::train
