// Each experiment works from end to end on drawn images.

#include "experiments/experiment_fixture.h"

namespace assay {
namespace {

const std::string kBinaries = std::string(ASSAY_BINARY_DIR) + "/bin/";
const std::string kConfigs = std::string(ASSAY_SOURCE_DIR) + "/configs";

class EveryExperimentTest : public testing::TestWithParam<std::string> {
 protected:
  report::ProcessResult run(std::vector<std::string> arguments) const {
    const std::vector<std::string> command = {kBinaries + GetParam(), "--config-dir", kConfigs,
                                              "run.dir=" + folder_.path().string(), "track=off"};
    arguments.insert(arguments.begin(), command.begin(), command.end());
    return report::run_process(arguments, std::chrono::minutes(4));
  }

  TemporaryFolder folder_;
};

TEST_P(EveryExperimentTest, RunsOnDrawnImages) {
  const auto result = run({"experiment=smoke", "device.threads=1"});
  ASSERT_EQ(result.code, 0) << result.output;
  for (const auto& each : fs::directory_iterator(folder_.path() / GetParam())) {
    const auto record = read_json(each.path() / "record.json");
    EXPECT_EQ(record["status"], "FINISHED");
    EXPECT_EQ(record["experiment"], GetParam());
    EXPECT_EQ(record["training"]["history"].size(), 2U);
  }
}

TEST_P(EveryExperimentTest, AnswersHelp) {
  const auto result = run({"--help"});
  EXPECT_EQ(result.code, 0);
  EXPECT_THAT(result.output, testing::HasSubstr("train.epochs"));
}

INSTANTIATE_TEST_SUITE_P(All, EveryExperimentTest,
                         testing::Values("cifar100_compression", "cifar10_classifier", "continuous_integration",
                                         "household_compression", "pest_recognition"),
                         [](const auto& each) { return each.param; });

// Returns what a sweep would run.
report::ProcessResult plan(const std::string& experiment, const std::string& sweep) {
  const TemporaryFolder folder;
  return report::run_process({kBinaries + experiment, "--config-dir", kConfigs, "-m", sweep, "experiment=smoke",
                              "device.name=cpu", "--dry-run", "run.dir=" + folder.path().string()},
                             std::chrono::minutes(1));
}

TEST(DoctorTest, FindsThisMachineFit) {
  const TemporaryFolder folder;
  const auto result = report::run_process({kBinaries + "doctor", "--config-dir", kConfigs, "device.name=cpu",
                                           "device.memory_budget=1 GB", "run.dir=" + folder.path().string()},
                                          std::chrono::minutes(1));
  EXPECT_THAT(result.output, testing::ContainsRegex("memory +pass +more than the budget of 1.0 GB is refused"));
  EXPECT_THAT(result.output, testing::ContainsRegex("int8 fbgemm +pass"));
  EXPECT_THAT(result.output, testing::Not(testing::ContainsRegex("(precision|int8|images|BatchNorm)[^\n]* FAIL")));
}

TEST(SweepTest, EachSwitchIsAValidRunOfItsOwn) {
  const auto result = plan("cifar10_classifier", "@" + kConfigs + "/grid/switches.toml");
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, testing::HasSubstr("run 18 of 18: "));
}

TEST(SweepTest, EachPresetIsAValidRun) {
  const auto result = plan("household_compression", "preset=conservative,aggressive,hybrid");
  EXPECT_EQ(result.code, 0) << result.output;
  EXPECT_THAT(result.output, testing::HasSubstr("run 3 of 3: "));
}

}  // namespace
}  // namespace assay
