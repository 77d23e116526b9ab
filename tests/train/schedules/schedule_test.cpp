#include "train/schedules/schedule.h"

#include <cmath>
#include <set>

#include "config/toml.h"
#include "core/json.h"
#include "expect_error.h"

namespace assay::train {
namespace {

std::unique_ptr<Schedule> make(const std::string& options, std::int64_t num_steps, std::int64_t steps_per_epoch = 1) {
  return make_schedule(
      config::Section(config::parse_toml(options, "schedule.toml"), "train.schedule", {"schedule.toml", 1, 1}),
      num_steps, steps_per_epoch);
}

struct GoldenCase {
  std::string name, options;
  std::unique_ptr<Schedule> schedule;
  std::vector<double> factors, losses;
  std::int64_t steps_per_epoch;
};

/// Reads golden/schedules.json, written by golden/schedules.py with torch.optim.lr_scheduler.
std::vector<GoldenCase> read_golden() {
  std::vector<GoldenCase> cases;
  for (const auto& one : read_json(std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/golden/schedules.json")) {
    GoldenCase golden{one["options"]["name"], "", nullptr, one["factors"], one["losses"], one["steps_per_epoch"]};
    for (const auto& [key, value] : one["options"].items()) golden.options += key + " = " + value.dump() + "\n";
    golden.schedule = make(golden.options, one["num_steps"], golden.steps_per_epoch);
    cases.push_back(std::move(golden));
  }
  return cases;
}

TEST(ScheduleTest, MatchesPyTorchStepByStep) {
  std::set<std::string> names;
  for (const auto& golden : read_golden()) {
    names.insert(golden.name);
    std::int64_t step = 0;
    for (const auto expected : golden.factors) {
      EXPECT_NEAR(golden.schedule->factor(step), expected, 1e-12) << golden.options << "step " << step;
      if (++step % golden.steps_per_epoch == 0 && !golden.losses.empty())
        golden.schedule->observe(golden.losses.at(static_cast<std::size_t>(step / golden.steps_per_epoch - 1)));
    }
  }
  EXPECT_EQ(names.size(), describe_schedules().size()) << "a schedule has no golden numbers";
}

// A new schedule after every epoch, as in a run that is killed each time.
TEST(ScheduleTest, GoesOnFromItsState) {
  for (auto& golden : read_golden()) {
    const auto num_steps = static_cast<std::int64_t>(golden.factors.size());
    for (std::int64_t step = 0; step < num_steps; ++step) {
      EXPECT_NEAR(golden.schedule->factor(step), golden.factors[static_cast<std::size_t>(step)], 1e-12)
          << golden.options << "step " << step;
      if ((step + 1) % golden.steps_per_epoch != 0) continue;
      if (!golden.losses.empty())
        golden.schedule->observe(golden.losses.at(static_cast<std::size_t>(step / golden.steps_per_epoch)));
      const auto state = golden.schedule->state();
      golden.schedule = make(golden.options, num_steps, golden.steps_per_epoch);
      golden.schedule->restore(state);
    }
  }
}

TEST(ScheduleTest, RefusesTheStateOfAnother) {
  EXPECT_THROW(make("name = \"cosine\"", 10)->restore({1.0}), std::logic_error);
  EXPECT_THROW(make("name = \"plateau\"", 10)->restore({}), std::logic_error);
}

// PyTorch divides by 0 in some of these cases.
TEST(ScheduleTest, OneCycleStandsTheShortestTrainings) {
  for (const auto* climb : {"0.0", "0.1", "0.5", "1.0"})
    for (const std::int64_t num_steps : {1, 2, 10})
      for (std::int64_t step = 0; step <= num_steps; ++step) {
        const auto factor =
            make(std::string("name = \"one_cycle\"\nclimb_fraction = ") + climb, num_steps)->factor(step);
        EXPECT_TRUE(factor > 0.0 && factor <= 1.0)
            << climb << " of " << num_steps << ", step " << step << ": " << factor;
      }
}

TEST(ScheduleTest, FallsNoFurtherPastTheEnd) {
  const auto last = std::pow(0.95, 3);
  EXPECT_DOUBLE_EQ(make("name = \"exponential\"", 8, 2)->factor(7), last);
  EXPECT_DOUBLE_EQ(make("name = \"exponential\"", 8, 2)->factor(1000), last);
}

TEST(ScheduleTest, CosineStaysAtItsEnd) {
  EXPECT_DOUBLE_EQ(make("name = \"cosine\"\nfinal_factor = 0.25", 10)->factor(1000), 0.25);
}

TEST(ScheduleTest, NamesTheOptionThatIsOutOfRange) {
  EXPECT_ERROR(make("name = \"cosine\"\nfinal_factor = 1.5", 12), kConfig,
               "train.schedule.final_factor = 1.5: must be between 0 and 1 (schedule.toml:2:16)");
}

TEST(ScheduleTest, SuggestsTheNearestName) {
  EXPECT_ERROR(make("name = \"cosin\"", 12), kConfig, "did you mean `cosine`?");
}

}  // namespace
}  // namespace assay::train
