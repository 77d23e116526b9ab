#include "train/schedules/schedule.h"

#include "config/toml.h"
#include "core/json.h"
#include "expect_error.h"

namespace assay::train {
namespace {

std::unique_ptr<Schedule> make(const std::string& options, std::int64_t num_steps) {
  return make_schedule(
      config::Section(config::parse_toml(options, "schedule.toml"), "train.schedule", {"schedule.toml", 1, 1}),
      num_steps, /*steps_per_epoch=*/1);
}

TEST(ScheduleTest,
     CosineMatchesPyTorch) {  // golden/schedules.json, written by golden/schedules.py with torch.optim.lr_scheduler
  const auto cases = read_json(std::filesystem::path(ASSAY_SOURCE_DIR) / "tests/golden/schedules.json");
  ASSERT_FALSE(cases.empty());
  for (const auto& one : cases) {
    const auto options = fmt::format("name = \"cosine\"\nwarmup_fraction = {}\nfinal_factor = {}",
                                     one["warmup_fraction"].dump(), one["final_factor"].dump());
    const auto schedule = make(options, one["num_steps"]);
    std::int64_t step = 0;
    for (const double expected : one["factors"])
      EXPECT_NEAR(schedule->factor(step++), expected, 1e-12) << options << " step " << step;
  }
}

TEST(ScheduleTest, CosineStaysAtItsEnd) {
  EXPECT_DOUBLE_EQ(make("name = \"cosine\"\nfinal_factor = 0.25", 10)->factor(1000), 0.25);
}

TEST(ScheduleTest, ConstantWarmsUp) {
  const auto schedule = make("name = \"constant\"\nwarmup_steps = 4", 12);
  EXPECT_DOUBLE_EQ(schedule->factor(0), 0.25);
  EXPECT_DOUBLE_EQ(schedule->factor(3), 1.0);
  EXPECT_DOUBLE_EQ(schedule->factor(11), 1.0);
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
