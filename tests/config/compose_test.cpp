#include "config/compose.h"

#include <fmt/format.h>

#include "config/fingerprint.h"
#include "config/toml.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::config {
namespace {

class ComposeTest : public testing::Test {
 protected:
  ComposeTest() {
    folder_.write(
        "main.toml",
        "defaults = [{data = \"shapes\"}, {\"train/schedule\" = \"cosine\"}, \"_self_\", {experiment = \"${null}\"}]\n"
        "seed = 1\n[train]\nepochs = 10\n[run]\nname = \"\"\n");
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
}

TEST_F(ComposeTest, RefusesAScalarInPlaceOfATable) {
  EXPECT_ERROR(compose_with({"run=5"}), kConfig, "run is a table and cannot become 5");
  EXPECT_ERROR(compose_with({"train=5"}), kConfig, "train is a group: 5 is not the name of an option");
  EXPECT_ERROR(compose_with({"+seed.x=5"}), kConfig, "seed is 1 and has no key x");
  folder_.write("data/shapes.toml", "defaults = [{size = \"big\"}]\nsize = 3\n");
  folder_.write("data/size/big.toml", "pixels = 64\n");
  EXPECT_ERROR(compose_with({}), kConfig, "data.size is a table and cannot become 3");
}

TEST_F(ComposeTest, RefusesCyclesAndDuplicateSelf) {
  folder_.write("data/shapes.toml", "defaults = [{\"/data\" = \"shapes\"}]\n");
  EXPECT_ERROR(compose_with({}), kConfig, "data/shapes includes itself: main -> data/shapes -> data/shapes");
  folder_.write("main.toml", "defaults = [\"_self_\", \"_self_\"]");
  EXPECT_ERROR(compose_with({}), kConfig, "twice");
}

TEST_F(ComposeTest, ChangesOnlyWhatIsThere) {
  EXPECT_ERROR(compose_with({"train.epoch=3"}), kConfig, "did you mean `epochs`?; `+train.epoch=3` adds it");
  EXPECT_ERROR(compose_with({"train={epochs: 3, epoch: 4}"}), kConfig, "there is no key train.epoch");
  EXPECT_EQ(value({"+train.epoch=3"}, "train.epoch"), "3");
  EXPECT_EQ(value({"++train.epoch=3", "++train.epoch=4"}, "train.epoch"), "4");
  EXPECT_ERROR(compose_with({"+train.epochs=3"}), kConfig, "train.epochs already exists");
}

TEST_F(ComposeTest, SetsNewKeysWhereASchemaJudgesThem) {
  ConfigFiles files({folder_.path()});
  const auto table = compose(files, "main", parse_overrides({"run.tags.owner=ann"}), NewKeys::kAllowed).table;
  EXPECT_EQ(find_path(table, "run.tags.owner")->to_toml(), "\"ann\"");
}

TEST_F(ComposeTest, TellsTheMistakesOfAllOverrides) {
  EXPECT_ERROR(compose_with({"train.epoch=3", "run=5"}), kConfig, "there is no key train.epoch");
  EXPECT_ERROR(compose_with({"train.epoch=3", "run=5"}), kConfig, "run is a table");
}

TEST_F(ComposeTest, DeletesKeysAndGroups) {
  EXPECT_EQ(value({"~train.epochs"}, "train.epochs"), "absent");
  EXPECT_EQ(value({"~train.epochs=10"}, "train.epochs"), "absent");
  EXPECT_ERROR(compose_with({"~train.epochs=11"}), kConfig, "train.epochs is 10, not 11");
  EXPECT_ERROR(compose_with({"~train.epoch"}), kConfig, "did you mean `epochs`?");
  EXPECT_EQ(value({"~data"}, "data"), "absent");
  EXPECT_EQ(value({"~data=shapes"}, "data"), "absent");
  EXPECT_ERROR(compose_with({"~data=cifar10"}), kConfig, "data is shapes, not cifar10");
}

TEST_F(ComposeTest, DeletesANull) { EXPECT_EQ(value({"+train.rate=null", "~train.rate"}, "train.rate"), "absent"); }

TEST_F(ComposeTest, ComparesAndReachesWhatIsWritten) {
  folder_.write("data/shapes.toml", "a = \"${seed}\"\nt = \"${train}\"\n");
  EXPECT_ERROR(compose_with({"~data.a=1"}), kConfig, "data.a is \"${seed}\", not 1");
  EXPECT_EQ(value({"~data.a=${seed}"}, "data.a"), "absent");
  EXPECT_ERROR(compose_with({"data.t.epochs=1"}), kConfig, "data.t is \"${train}\" and has no key epochs");
  EXPECT_EQ(value({"data.t={epochs: 1}"}, "data.t.epochs"), "1") << "an interpolation may stand for a table";
}

TEST_F(ComposeTest, PlacesAFileTwiceWithoutTying) {
  folder_.write("main.toml", "defaults = [{\"data@a\" = \"shapes\"}, {\"data@b\" = \"shapes\"}]\n");
  EXPECT_EQ(value({"a.sizes=append(3)"}, "b.sizes"), "[1, 2]");
}

TEST_F(ComposeTest, EditsElementsOfArrays) {
  EXPECT_EQ(value({"data.sizes.0=7"}, "data.sizes"), "[7, 2]");
  EXPECT_EQ(value({"data.sizes=append(3, 4)"}, "data.sizes"), "[1, 2, 3, 4]");
  EXPECT_EQ(value({"data.sizes=prepend(0)"}, "data.sizes"), "[0, 1, 2]");
  EXPECT_EQ(value({"data.sizes=remove(1)"}, "data.sizes"), "[2]");
  EXPECT_EQ(value({"~data.sizes.0"}, "data.sizes"), "[2]");
  EXPECT_ERROR(compose_with({"data.sizes.2=7"}), kConfig, "data.sizes has 2 elements: 2 is not a valid index");
  EXPECT_ERROR(compose_with({"seed=append(1)"}), kConfig, "seed is 1: only an array can be appended to");
}

TEST_F(ComposeTest, ReadsOverridesFromAFile) {
  const auto file = folder_.write("fast.toml", "overrides = [\"data=cifar10\", \"train.epochs=1\"]\n").string();
  EXPECT_EQ(value({"@" + file}, "train.epochs"), "1");
  EXPECT_EQ(value({"@" + file, "train.epochs=2"}, "train.epochs"), "2");
  EXPECT_ERROR(compose_with({"@" + folder_.write("empty.toml", "").string()}), kConfig, "has no array `overrides`");
}

TEST_F(ComposeTest, RefusesSeveralValuesForOneRun) {
  EXPECT_ERROR(compose_with({"seed=1,2"}), kConfig, "--multirun runs each of them");
}

TEST_F(ComposeTest, RefusesMalformedOverrides) {
  EXPECT_ERROR(compose_with({"epochs"}), kConfig, "override 1: `epochs`");
  EXPECT_ERROR(compose_with({"a b=1"}), kConfig, "override 1: `a b=1`");
  EXPECT_ERROR(compose_with({"seed=[1"}), kConfig, "override 1: `seed=[1`");
}

TEST_F(ComposeTest, HoldsTenThousandKeys) {
  std::string many;
  for (int i = 0; i < 10'000; ++i) many += fmt::format("key{} = {}\n", i, i);
  folder_.write("data/shapes.toml", many);
  EXPECT_EQ(value({"data.key9999=1"}, "data.key9999"), "1");
}

TEST_F(ComposeTest, SurvivesDeepNestingAndLargeValues) {
  folder_.write("data/shapes.toml", "a = " + std::string(1000, '[') + std::string(1000, ']'));
  EXPECT_ERROR(compose_with({}), kConfig, "not valid TOML");
  folder_.write("data/shapes.toml", "a = \"" + std::string(1 << 20, 'x') + "\"");
  EXPECT_EQ(value({}, "data.a").size(), (1U << 20) + 2);
  folder_.write("data/shapes.toml", "a = 99999999999999999999\n");
  EXPECT_ERROR(compose_with({}), kConfig, "shapes.toml:1:");
  folder_.write("data/shapes.toml", "a = 1\n[b]\n[b]\n");
  EXPECT_ERROR(compose_with({}), kConfig, "shapes.toml:3:");
}

TEST_F(ComposeTest, PositionsTomlMistakes) {
  folder_.write("data/shapes.toml", "name = \"shapes\"\nnum_train = = 3\n");
  EXPECT_ERROR(compose_with({}), kConfig, "shapes.toml:2:13");
  folder_.write("data/shapes.toml", "when = 2026-01-01\n");
  EXPECT_ERROR(compose_with({}), kConfig, "no option takes dates or times");
  folder_.write("data/shapes.toml", "name = \"\xff\"\n");
  EXPECT_ERROR(compose_with({}), kConfig, "shapes.toml:1:");
}

TEST_F(ComposeTest, NamesAMissingPrimaryFile) {
  EXPECT_ERROR(compose({folder_.path(), "absent", {}}), kConfig, "absent.toml");
}

TEST(FingerprintTest, IgnoresLayoutCommentsAndKeysThatAreLeftOut) {
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
