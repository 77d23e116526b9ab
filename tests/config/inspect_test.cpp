#include "config/inspect.h"

#include "config/fingerprint.h"
#include "config/read_value.h"
#include "config/toml.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::config {
namespace {

TEST(InspectTest, ExplainsWhoSetAKey) {
  TemporaryFolder folder;
  folder.write("main.toml", "defaults = [{train = \"slow\"}]\n[train]\nepochs = 2\n");
  folder.write("train/slow.toml", "epochs = 1\nlr = 0.1\n");
  ConfigFiles files({folder.path()});
  const auto composition = compose(files, "main", parse_overrides({"train.epochs=3"}));
  const auto base = folder.path().string();
  EXPECT_EQ(explain(composition.table, "train.epochs"),
            "train.epochs = 3  # override 1: `train.epochs=3`\n"
            "  instead of 2  # " +
                base +
                "/main.toml:3:10\n"
                "  instead of 1  # " +
                base + "/train/slow.toml:1:10\n");
  EXPECT_EQ(explain(composition.table, "train.lr"), "train.lr = 0.1  # " + base + "/train/slow.toml:2:6\n");
  EXPECT_ERROR(explain(composition.table, "train.epoch"), kConfig, "did you mean `train.epochs`?");
  EXPECT_THAT(describe_defaults(composition.files), testing::HasSubstr("train=..."));
}

TEST(InspectTest, ShowsNoLogin) {
  Table track;
  track.set("uri", Value(std::string("http://u:P/W@h"), {"run.toml", 1, 1}));
  Table table;
  table.set("track", Value(track, {"run.toml", 1, 1}));
  for (const auto& text : {write_toml(table), explain(table, "track.uri"), flatten(table).at(0).second})
    EXPECT_THAT(text, testing::HasSubstr("\"http://***@h\""));
}

TEST(InspectTest, ShowsNoHalfOfALoginThatIsTooLong) {
  const auto uri = "http://user:" + std::string(100, 'P') + "@host";
  Problems problems;
  std::string text;
  read_value(Value(uri, {"run.toml", 1, 1}), "track.uri", one_of("a"), text, problems);
  EXPECT_ERROR(problems.throw_if_any(), kConfig, "track.uri = \"http://***@host\": must be one of");
  EXPECT_ERROR(parse_override("a=[" + uri, 1), kConfig, "http://***@host");
}

}  // namespace
}  // namespace assay::config
