#include <torch/torch.h>

#include "compress/small_stage.h"
#include "compress/sparsity.h"
#include "compress/sparsity_schedule.h"
#include "core/json.h"
#include "expect_error.h"
#include "models/model_section.h"
#include "train/interruption.h"

namespace assay::compress {
namespace {

std::shared_ptr<models::Model> network() {
  auto model = std::make_shared<train::TinyNet>();
  model->eval();
  return model;
}

config::Section gradual(double final_sparsity = 0.75) {
  return plugin_section("gradual_prune", {{"every_steps", std::int64_t{4}}, {"final_sparsity", final_sparsity}});
}

TEST(SparsityScheduleTest, MatchesTheFormulas) {
  const auto golden = read_json(std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/golden/sparsity.json");
  for (const auto& one : golden["schedules"]) {
    const SparsitySchedule schedule{one["kind"], one["initial"], one["final"], one["first"], one["last"]};
    for (std::size_t step = 0; step < one["values"].size(); ++step) {
      EXPECT_NEAR(schedule.at(static_cast<std::int64_t>(step)), one["values"][step].get<double>(), 1e-12)
          << one["kind"] << ", step " << step;
    }
  }
}

TEST(SparsityScheduleTest, ChangesAtTheFirstTheLastAndBetween) {
  const SparsitySchedule schedule{.first_step = 3, .last_step = 12, .every = 4};
  std::vector<std::int64_t> steps;
  for (std::int64_t step = 0; step < 30; ++step) {
    if (schedule.changes_before(step)) steps.push_back(step);
  }
  EXPECT_EQ(steps, (std::vector<std::int64_t>{3, 7, 11, 12}));
}

TEST(SparsityScheduleTest, OneStepIsEnough) {
  const SparsitySchedule schedule{.final = 0.6, .first_step = 0, .last_step = 0};
  EXPECT_TRUE(schedule.changes_before(0));
  EXPECT_EQ(schedule.at(0), 0.6);
}

TEST(GradualPruneTest, PrunesStepByStepWhileItTrains) {
  const auto model = network();
  std::vector<double> sparsities;
  const auto train_and_look = [&](models::Model& trained, const TrainRequest& request) {
    EXPECT_EQ(request.epochs, 4);
    EXPECT_TRUE(request.holds_zeros);
    EXPECT_TRUE(request.keeps_last);
    for (std::int64_t step = 0; step < 24; ++step) {
      request.before_step(step, 24);
      sparsities.push_back(sparsity_of(train::weights_of_layers(trained)));
    }
  };
  make_step(gradual())->run({{model, nullptr}, model, {}, train_and_look});
  EXPECT_EQ(sparsities[0], 0.0);
  for (const std::size_t step : {4U, 8U, 12U, 16U}) {
    const auto expected = 0.75 - 0.75 * std::pow(1.0 - static_cast<double>(step) / 18.0, 3.0);
    EXPECT_NEAR(sparsities[step], expected, 1.5 / 296.0) << "of three layers, each rounded by half a weight";
    EXPECT_EQ(sparsities[step + 1], sparsities[step]);
  }
  EXPECT_EQ(sparsities[18], 0.75);
  EXPECT_EQ(sparsities[23], 0.75);
}

TEST(GradualPruneTest, EndsAtTheFinalSparsityAndHoldsIt) {
  const auto pruned = run_chain({gradual()}, network());
  EXPECT_TRUE(pruned.holds_zeros);
  for (const auto& one : train::weights_of_layers(*pruned.model)) EXPECT_EQ(sparsity_of({one}), 0.75) << one.first;
  const auto repaired = run_chain({gradual(), plugin_section("finetune")}, network());
  for (const auto& one : train::weights_of_layers(*repaired.model)) EXPECT_EQ(sparsity_of({one}), 0.75) << one.first;
}

TEST(GradualPruneTest, GoesOnWithTheSameBitsAfterAnInterruption) {
  const auto model = network();
  const auto step = make_step(gradual());
  const auto trained_by = [&](const std::function<void(models::Model&, const TrainRequest&)>& train) {
    return train::all_values(*step->run({{model, nullptr}, model, {}, train}).network.model);
  };
  const auto expected = trained_by(train_small_stage);
  const auto interrupted = trained_by([](models::Model& trained, const TrainRequest& request) {
    auto training = small_stage(request);
    training.options.checkpoint.every_steps = 5;
    const TemporaryFolder folder;
    train::Bomb bomb(2);
    EXPECT_THROW(training.run(trained, folder.path(), bomb), train::Interrupted);
    train::LastPoint sink;
    EXPECT_EQ(training.run(trained, folder.path(), sink).resumed_at_step, 10) << "between two steps of pruning";
    trained.eval();
  });
  EXPECT_TRUE(interrupted.equal(expected));
}

TEST(GradualPruneTest, RefusesWhatCannotGrow) {
  const auto make = [](const std::string& key, double value) {
    make_step(plugin_section("gradual_prune", {{key, value}}));
  };
  EXPECT_ERROR(make("final_sparsity", 0.0), kConfig, "final_sparsity = 0 would change nothing");
  EXPECT_ERROR(make("final_sparsity", 1.0), kConfig, "final_sparsity = 1 would leave no weight");
  EXPECT_ERROR(make("final_sparsity", 1.2), kConfig, "must be between 0 and 1");
  EXPECT_ERROR(make("initial_sparsity", 0.9), kConfig, "initial_sparsity = 0.9 is not below final_sparsity = 0.8");
  EXPECT_ERROR(make("begin", 0.8), kConfig, "begin = 0.8 is not before end = 0.75");
}

}  // namespace
}  // namespace assay::compress
