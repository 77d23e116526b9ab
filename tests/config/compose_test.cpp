#include "config/compose.h"

#include "config/fingerprint.h"
#include "config/toml.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::config {
namespace {

class ComposeTest : public testing::Test {
 protected:
  ComposeTest() {
    folder_.write("main.toml",
                  "defaults = [{data = \"shapes\"}, {\"train/schedule\" = \"cosine\"}, \"_self_\"]\n"
                  "seed = 1\n[train]\nepochs = 10\n");
    folder_.write("data/shapes.toml", "name = \"shapes\"\nnum_train = 100\nsizes = [1, 2]\n");
    folder_.write("data/cifar10.toml", "name = \"cifar10\"\n");
    folder_.write("train/schedule/cosine.toml", "name = \"cosine\"\nwarmup = 5\n");
    folder_.write("experiment/fast.toml",
                  "__package__ = \"_global_\"\n"
                  "defaults = [{\"override /data\" = \"cifar10\"}]\n[train]\nepochs = 2\n");
  }

  Table compose_with(std::vector<std::string> overrides) {
    return compose({folder_.path(), "main", std::move(overrides)});
  }

  std::string value(const std::vector<std::string>& overrides, const std::string& path) {
    const auto table = compose_with(overrides);
    const auto* found = find_path(table, path);
    return found == nullptr ? "absent" : found->to_toml();
  }

  TemporaryFolder folder_;
};

TEST_F(ComposeTest, PlacesGroupsInTheirTables) {
  EXPECT_EQ(value({}, "data.name"), "\"shapes\"");
  EXPECT_EQ(value({}, "train.schedule.warmup"), "5");
  EXPECT_EQ(value({}, "train.epochs"), "10");
  EXPECT_EQ(value({}, "defaults"), "absent");
}

TEST_F(ComposeTest, LaterEntryWinsKey) {
  folder_.write("main.toml", "defaults = [\"_self_\", {data = \"shapes\"}]\n[data]\nnum_train = 7\nextra = 1\n");
  EXPECT_EQ(value({}, "data.num_train"), "100");
  EXPECT_EQ(value({}, "data.extra"), "1");
  folder_.write("main.toml", "defaults = [{data = \"shapes\"}]\n[data]\nnum_train = 7\n");
  EXPECT_EQ(value({}, "data.num_train"), "7") << "_self_ comes last when it is not named";
}

TEST_F(ComposeTest, GroupsAreRelativeToTheFileThatNamesThem) {
  folder_.write("data/shapes.toml", "defaults = [{size = \"big\"}]\n");
  folder_.write("data/size/big.toml", "pixels = 64\n");
  folder_.write("data/size/small.toml", "pixels = 32\n");
  EXPECT_EQ(value({}, "data.size.pixels"), "64");
  EXPECT_EQ(value({"data/size=small"}, "data.size.pixels"), "32");
}

TEST_F(ComposeTest, CommandLineChoosesGroupsAndValues) {
  EXPECT_EQ(value({"data=cifar10"}, "data.name"), "\"cifar10\"");
  EXPECT_EQ(value({"data=cifar10"}, "data.num_train"), "absent");
  EXPECT_EQ(value({"train.epochs=3"}, "train.epochs"), "3");
  EXPECT_EQ(value({"data.sizes=[4]"}, "data.sizes"), "[4]");
  EXPECT_EQ(value({"run.name=two words"}, "run.name"), "\"two words\"");
  EXPECT_EQ(value({"run.name=\"3\""}, "run.name"), "\"3\"");
}

TEST_F(ComposeTest, ExperimentFileOverridesGroupsAndCommandLineOverridesIt) {
  EXPECT_EQ(value({"experiment=fast"}, "data.name"), "\"cifar10\"");
  EXPECT_EQ(value({"experiment=fast"}, "train.epochs"), "2");
  EXPECT_EQ(value({"experiment=fast", "data=shapes"}, "data.name"), "\"shapes\"");
  EXPECT_EQ(value({"experiment=fast", "train.epochs=9"}, "train.epochs"), "9");
}

TEST_F(ComposeTest, ValuesRememberWhereTheyWereSet) {
  const auto table = compose_with({"train.epochs=3"});
  EXPECT_EQ(find_path(table, "train.epochs")->origin().to_string(), "override 1: `train.epochs=3`");
  EXPECT_THAT(find_path(table, "data.num_train")->origin().to_string(), testing::EndsWith("data/shapes.toml:2:13"));
}

TEST_F(ComposeTest, SuggestsTheNearestOption) {
  EXPECT_ERROR(compose_with({"data=cifar"}), kConfig,
               "group data has no option cifar (override 1: `data=cifar`)\n  hint: did you mean `cifar10`?");
  EXPECT_ERROR(compose_with({"data=../../etc/passwd"}), kConfig, "has no option");
}

TEST_F(ComposeTest, RefusesAScalarInPlaceOfATable) {
  EXPECT_ERROR(compose_with({"train=5"}), kConfig, "train is a table and cannot become 5");
  EXPECT_ERROR(compose_with({"train.schedule.warmup.x=5", "train.schedule.warmup=1"}), kConfig, "cannot become 1");
}

TEST_F(ComposeTest, RefusesCyclesAndDuplicateSelf) {
  folder_.write("data/shapes.toml", "defaults = [{\"/data\" = \"shapes\"}]\n");
  EXPECT_ERROR(compose_with({}), kConfig, "includes itself");
  folder_.write("main.toml", "defaults = [\"_self_\", \"_self_\"]");
  EXPECT_ERROR(compose_with({}), kConfig, "twice");
}

TEST_F(ComposeTest, RefusesMalformedOverrides) {
  EXPECT_ERROR(compose_with({"epochs"}), kConfig, "override 1: `epochs`");
  EXPECT_ERROR(compose_with({"a b=1"}), kConfig, "`a b` is not a key");
  EXPECT_ERROR(compose_with({"seed=[1"}), kConfig, "not valid TOML");
}

TEST_F(ComposeTest, PositionsTomlMistakes) {
  folder_.write("data/shapes.toml", "name = \"shapes\"\nnum_train = = 3\n");
  EXPECT_ERROR(compose_with({}), kConfig, "shapes.toml:2:13");
  folder_.write("data/shapes.toml", "when = 2026-01-01\n");
  EXPECT_ERROR(compose_with({}), kConfig, "dates and times");
  folder_.write("data/shapes.toml", "name = \"\xff\"\n");
  EXPECT_ERROR(compose_with({}), kConfig, "shapes.toml:1:");
}

TEST_F(ComposeTest, NamesAMissingPrimaryFile) {
  EXPECT_ERROR(compose({folder_.path(), "absent", {}}), kConfig, "absent.toml");
}

TEST(FingerprintTest, IgnoresLayoutCommentsAndNonSemanticKeys) {
  const auto one = parse_toml("a = 1\n[t]\nx = 2\ny = 3 # comment\n[track]\nuri = \"u\"", "one.toml");
  const auto two = parse_toml("t = {y = 3, x = 2}\na = 1", "two.toml");
  EXPECT_EQ(fingerprint(one, {"track"}), fingerprint(two, {"track"}));
  EXPECT_NE(fingerprint(one, {}), fingerprint(two, {}));
  EXPECT_NE(fingerprint(two, {}), fingerprint(parse_toml("t = {y = 4, x = 2}\na = 1", "x"), {}));
  EXPECT_EQ(fingerprint(parse_toml("tracker = 1", "x"), {"track"}), fingerprint(parse_toml("tracker = 1", "x"), {}));
}

TEST(WriteTomlTest, ReadsBackEqual) {
  const auto table = parse_toml("text = \"a\\\"\\n\\u0001\"\nlist = [1, 2.5, true]\n[t.u]\nx = 1e-3\n", "x.toml");
  const auto again = parse_toml(write_toml(table), "y.toml");
  EXPECT_EQ(flatten(table), flatten(again));
}

}  // namespace
}  // namespace assay::config
