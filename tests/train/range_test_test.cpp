#include "train/range_test.h"

#include <csignal>
#include <limits>

#include "core/stop.h"
#include "expect_error.h"
#include "temporary_folder.h"
#include "train/training_fixture.h"

namespace assay::train {
namespace {

class RangeTestTest : public testing::Test {
 protected:
  RangeTestTest() {
    training_.options.range_test.steps = 40;
    training_.images = two_classes(192);  // 9 batches an epoch
  }

  RangeTest test(models::Model& model) {
    return training_.with_input(model, folder_.path(), sink_,
                                [this](const TrainInput& input) { return test_range(training_.options, input); });
  }

  at::Tensor train_anew(bool tested_before) {
    const TemporaryFolder folder;
    TinyNet net;
    training_.with_input(net, folder.path(), sink_, [&](const TrainInput& input) {
      if (tested_before) test_range(training_.options, input);
      return train(training_.options, input);
    });
    return all_values(net);
  }

  // Multiplies the loss from the given step on, counted from 0 in forward passes, by `factor`.
  void multiply_loss_from(int pass, double factor) {
    training_.loss = [pass, factor, count = 0](const LossInput& input) mutable {
      const auto loss = cross_entropy(0.0)(input);
      return count++ < pass ? loss : loss * factor;
    };
  }

  TemporaryFolder folder_;
  SmallTraining training_;
  TinyNet net_;
  LastPoint sink_;
};

TEST_F(RangeTestTest, TrainingAfterItHasTheBitsOfTrainingWithoutIt) {
  for (const auto& optimizer : describe_optimizers()) {
    training_.options.optimizer = section("name = \"" + optimizer.name + "\"\nlr = 0.01");
    EXPECT_TRUE(train_anew(true).equal(train_anew(false))) << optimizer.name;
  }
}

TEST_F(RangeTestTest, GivesTheModelItsWeightsBackWhateverHappened) {
  const auto before = all_values(net_);
  EXPECT_FALSE(test(net_).points.empty());
  EXPECT_TRUE(all_values(net_).equal(before));
  multiply_loss_from(20, std::numeric_limits<double>::quiet_NaN());
  test(net_);
  EXPECT_TRUE(all_values(net_).equal(before));
  install_stop_handlers();
  std::raise(SIGTERM);
  EXPECT_THROW(test(net_), Stopped);
  reset_stop_signal();
  EXPECT_TRUE(all_values(net_).equal(before));
  for (const auto& parameter : net_.parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST_F(RangeTestTest, TheRateRisesGeometricallyAcrossEpochs) {
  training_.options.range_test.highest = 0.1;
  const auto points = test(net_).points;
  ASSERT_EQ(points.size(), 40U);
  EXPECT_NEAR(points.front().rate, 1e-5, 1e-15);
  EXPECT_NEAR(points.back().rate, 0.1, 1e-12);
  const auto ratio = points[1].rate / points[0].rate;
  for (std::size_t i = 1; i < points.size(); ++i) EXPECT_NEAR(points[i].rate / points[i - 1].rate, ratio, 1e-9);
  EXPECT_LT(points.back().smoothed_loss, points.front().smoothed_loss);
}

TEST_F(RangeTestTest, TheFactorOfALargerBatchMultipliesItsRates) {
  training_.options.optimizer = section("name = \"sgd\"\nlr = 0.1\nmomentum = 0.0");
  training_.micro_batch = 16;
  const auto weights_after_one_step = [this](double rate, double rate_scale) {
    training_.options.range_test = {2, rate, 10.0};
    training_.rate_scale = rate_scale;
    at::Tensor weights;
    training_.loss = [&](const LossInput& input) {
      weights = all_values(net_);  // at the end, those of the second pass
      return cross_entropy(0.0)(input);
    };
    test(net_);
    return weights;
  };
  const auto doubled = weights_after_one_step(0.25, 2.0);
  EXPECT_TRUE(doubled.allclose(weights_after_one_step(0.5, 1.0)));
  EXPECT_FALSE(doubled.allclose(weights_after_one_step(0.25, 1.0)));
}

TEST_F(RangeTestTest, EndsWhenTheLossIsNoNumber) {
  multiply_loss_from(20 * 3, std::numeric_limits<double>::quiet_NaN());  // 3 passes a step
  const auto result = test(net_);
  EXPECT_EQ(result.points.size(), 20U);
  EXPECT_THAT(result.ended, testing::HasSubstr("NaN or infinity"));
}

TEST_F(RangeTestTest, EndsWhenTheAverageExceedsFourTimesItsLowest) {
  multiply_loss_from(20 * 3, 1000.0);
  const auto result = test(net_);
  EXPECT_EQ(result.points.size(), 21U);
  EXPECT_THAT(result.ended, testing::HasSubstr("four times its lowest"));
}

TEST_F(RangeTestTest, TheAverageIsNotBiasedTowardsZero) {
  training_.options.range_test.steps = 10;
  training_.loss = [](const LossInput& input) { return input.logits.sum() * 0.0 + 3.0; };
  for (const auto& point : test(net_).points) EXPECT_NEAR(point.smoothed_loss, 3.0, 1e-12);
}

TEST_F(RangeTestTest, SuggestsWhereTheAverageFallsFastest) {
  std::vector<RangePoint> points;
  for (const double loss : {2.3, 2.3, 2.2, 1.6, 1.4, 1.4, 5.0, 3.0}) {
    points.push_back({static_cast<double>(points.size()), loss, loss});
  }
  EXPECT_EQ(suggest_rate(points), 3.0);  // from 2.2 to 1.4; the fall from 5 to 3 comes after the lowest
  for (auto& point : points) point.smoothed_loss = point.rate == 5.0 ? 2.29 : 2.3;
  EXPECT_EQ(suggest_rate(points), std::nullopt) << "of noise";
  EXPECT_EQ(suggest_rate({}), std::nullopt);
}

TEST_F(RangeTestTest, RefusesARangeWithoutExtentAndARateOfZero) {
  training_.options.range_test.highest = 1e-6;
  EXPECT_ERROR(test(net_), kConfig, "train.range_test.lowest = 1e-05 is not below train.range_test.highest = 1e-06");
  training_.options.range_test.highest = 1.0;
  training_.options.optimizer = section("name = \"sgd\"\nlr = 0.0");
  EXPECT_ERROR(test(net_), kConfig, "train.optimizer.lr, which is 0");
}

TEST_F(RangeTestTest, ItsPointsAreWrittenWithTheirSteps) {
  const auto json = to_json({{{0.1, 2.0, 2.5}, {0.2, 1.0, 1.5}}, "the highest rate was reached", std::nullopt});
  EXPECT_TRUE(json["suggested_lr"].is_null());
  EXPECT_EQ(json["points"][1].dump(), R"({"step":1,"lr":0.2,"loss":1.0,"smoothed_loss":1.5})");
}

}  // namespace
}  // namespace assay::train
