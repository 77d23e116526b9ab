#include "app/techniques.h"

#include "app/study_fixture.h"
#include "config/toml.h"
#include "expect_error.h"

namespace assay::app {
namespace {

config::Section compress(const std::string& toml) {
  return {config::parse_toml(toml, "compress.toml"), "compress", config::Origin{"compress.toml", 1, 1}};
}

const char* const kTables =
    "[dynamic_int8]\nname = \"dynamic_int8\"\n[again]\nname = \"finetune\"\nepochs = 3\n"
    "[float]\nname = \"finetune\"\n[\"a/b\"]\nname = \"finetune\"\n[bad]\nname = \"finetun\"";

void expect_problem(const std::vector<std::string>& keys, const std::string& text) {
  config::Problems problems;
  make_techniques(compress(kTables), keys, problems);
  EXPECT_ERROR(problems.throw_if_any(), kConfig, text);
}

TEST(TechniquesTest, AreMadeOfStepsInTurn) {
  config::Problems problems;
  const auto techniques = make_techniques(compress(kTables), {"dynamic_int8", "again+dynamic_int8"}, problems);
  problems.throw_if_any();
  ASSERT_EQ(techniques.size(), 2U);
  EXPECT_EQ(techniques[1].name, "again-dynamic_int8");
  ASSERT_EQ(techniques[1].steps.size(), 2U);
  EXPECT_EQ(techniques[1].steps[0]->name(), "finetune");
  EXPECT_EQ(techniques[1].steps[1]->name(), "dynamic_int8");
}

TEST(TechniquesTest, AreNamedByKeysOfTheirOwn) {
  expect_problem({"again", "again"}, "\"again\" is there twice");
  expect_problem({"float"}, "\"float\" is there twice");
  expect_problem({"a/b"}, "names files");
  expect_problem({"absent"}, "compress.absent");
  expect_problem({"again+"}, "compress.");
  expect_problem({"dynamic_int8+again"}, "finetune cannot follow dynamic_int8");
  expect_problem({"again+dynamic_int8+dynamic_int8"}, "dynamic_int8 cannot follow dynamic_int8");
  expect_problem({"bad"}, "did you mean `finetune`?");
}

/// A step for which memory suffices on few calibration images only.
class HungryStep final : public compress::Step {
 public:
  struct Seen {
    std::vector<std::int64_t> num_images;
    std::int64_t num_at_once = 0;
  };

  HungryStep(std::int64_t most, Seen& seen) : most_(most), seen_(seen) {}

  std::string name() const override { return "hungry"; }

  compress::StepOutput run(const compress::StepInput& input) const override {
    const auto count = input.calibration_images(64).size(0);
    EXPECT_EQ(input.calibration_labels(64).size(0), count);
    seen_.num_images.push_back(count);
    seen_.num_at_once = input.num_at_once;
    TORCH_CHECK_WITH(OutOfMemoryError, count <= most_, "no memory");
    return {input.network, {{"images", std::to_string(count)}}};
  }

 private:
  std::int64_t most_;
  Seen& seen_;
};

class CalibrationTest : public StudyTest {
 protected:
  Applied apply(std::int64_t most) {
    const auto data = draw_data();
    Technique technique{"hungry", {}};
    technique.steps.push_back(std::make_unique<HungryStep>(most, seen_));
    device::BatchPlan plan;
    plan.micro = 5;
    return apply_technique(context_, data, small_network(data.num_classes()), technique, train_options(), plan);
  }

  HungryStep::Seen seen_;
};

TEST_F(CalibrationTest, TakesHalfOfTheImagesEachTimeThatMemoryRunsOut) {
  const auto applied = apply(32);
  EXPECT_EQ(seen_.num_images, (std::vector<std::int64_t>{64, 32}));
  EXPECT_EQ(applied.settings.back(), std::make_pair(std::string("images"), std::string("32")));
  EXPECT_EQ(seen_.num_at_once, 5) << "as many at once as in a pass of training";
}

TEST_F(CalibrationTest, EndsWhereSixteenImagesAreTooMany) {
  EXPECT_ERROR(apply(10), kConfig, "hungry does not fit into memory");
  EXPECT_EQ(seen_.num_images, (std::vector<std::int64_t>{64, 32, 16}));
}

}  // namespace
}  // namespace assay::app
