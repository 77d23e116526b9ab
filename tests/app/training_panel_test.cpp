#include "app/training_panel.h"

#include <gmock/gmock.h>

#include "app/study_fixture.h"

namespace assay::app {
namespace {

class TrainingPanelTest : public StudyTest {};

// A run that goes on under its id keeps its params: one that differs from day to day would be refused.
TEST_F(TrainingPanelTest, WhatDiffersBetweenEqualRunsIsATagAndNoParam) {
  const auto data = draw_data();
  const auto options = train_options();
  const auto tell = [&](std::int64_t budget_bytes, double predicted_bytes, double estimated_s) {
    device_.budget_bytes = budget_bytes;
    device_.bounded_by = std::to_string(budget_bytes);
    device_.memory_free_bytes = 2 * budget_bytes;
    device::BatchPlan batch;
    batch.global = 16;
    batch.micro = 8;
    batch.num_micro = 2;
    batch.predicted_bytes = predicted_bytes;
    run_.params.clear();
    tell_plan(context_, {data, options, batch, {}, 32, false, 0.1, estimated_s});
    return run_.params;
  };
  const auto one_day = tell(1'000'000'000, 5e6, 10.0);
  EXPECT_EQ(one_day.at("chosen.batch.micro"), "8");
  EXPECT_EQ(tell(2'000'000'000, 6e6, 20.0), one_day);
  EXPECT_EQ(run_.tags.at("assay.budget_bytes"), "2000000000");
  EXPECT_EQ(run_.tags.at("assay.budget_bounded_by"), "2000000000");
  EXPECT_EQ(run_.tags.at("assay.predicted_bytes"), "6000000");
  EXPECT_EQ(run_.tags.at("assay.estimated_s"), "20.0");
}

}  // namespace
}  // namespace assay::app
