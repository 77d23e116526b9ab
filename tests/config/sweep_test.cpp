#include "config/sweep.h"

#include "config/compose.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::config {
namespace {

class SweepTest : public testing::Test {
 protected:
  SweepTest() {
    for (const auto* name : {"resnet18", "resnet34", "vgg"}) folder_.write(std::string("model/") + name + ".toml", "");
  }

  /// Returns the runs, separated by "; ".
  std::string expand(const std::vector<std::string>& arguments) {
    std::string text;
    for (const auto& run : expand_sweeps(parse_overrides(arguments), ConfigFiles({folder_.path()}))) {
      if (!text.empty()) text += "; ";
      for (std::size_t i = 0; i < run.size(); ++i) text += (i == 0 ? "" : " ") + run[i].text;
    }
    return text;
  }

  TemporaryFolder folder_;
};

TEST_F(SweepTest, FirstVariesSlowest) {
  EXPECT_EQ(expand({"a=1,2", "b=x", "c=range(2)"}), "a=1 b=x c=0; a=1 b=x c=1; a=2 b=x c=0; a=2 b=x c=1");
  EXPECT_EQ(expand({"a=1"}), "a=1");
  EXPECT_EQ(expand({}), "");
}

TEST_F(SweepTest, ZippedGoTogether) {
  EXPECT_EQ(expand({"a=zip(1, 2)", "s=5,6", "b=zip(x, y)"}), "a=1 s=5 b=x; a=1 s=6 b=x; a=2 s=5 b=y; a=2 s=6 b=y");
  EXPECT_ERROR(expand({"a=zip(1, 2)", "b=zip(1, 2, 3)"}), kConfig, "zip() of 3 values together with one of 2");
}

TEST_F(SweepTest, GlobsOptions) {
  EXPECT_EQ(expand({"model=glob('resnet*')"}), "model=resnet18; model=resnet34");
  EXPECT_EQ(expand({"model=glob('*', exclude='*34')"}), "model=resnet18; model=vgg");
  EXPECT_ERROR(expand({"model=glob(x)"}), kConfig, "matches no option");
}

TEST_F(SweepTest, TextsAreArgumentsAgain) {
  EXPECT_EQ(expand({"a='1,2',\"it's\",[1,x],{k: null},1e-3"}), "a='1,2'; a='it\\'s'; a=[1,x]; a={k: null}; a=0.001");
}

TEST_F(SweepTest, BoundsTheNumberOfRuns) {
  EXPECT_ERROR(expand({"a=range(1000)", "b=range(1000)", "c=1,2"}), kConfig, "more than 100000 runs");
}

}  // namespace
}  // namespace assay::config
