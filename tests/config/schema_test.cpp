#include "config/schema.h"

#include "config/suggest.h"
#include "config/toml.h"
#include "expect_error.h"

namespace assay::config {
namespace {

struct Inner {
  double rate = 0.1;
  static auto schema() { return config::schema<Inner>(field("rate", &Inner::rate, between(0.0, 1.0), "step size")); }
};

struct PluginOptionsOfTest {
  std::int64_t k = 3;
  static auto schema() { return config::schema<PluginOptionsOfTest>(field("k", &PluginOptionsOfTest::k, "depth")); }
};

struct Named {
  std::string experiment;
  static auto schema() { return config::schema<Named>(field("experiment", &Named::experiment, folder_name(), "name")); }
};

std::vector<PluginOptions> describe_plugins_of_test() { return {{"x", describe<PluginOptionsOfTest>()}, {"y", {}}}; }

struct Options {
  std::int64_t epochs = 10;
  bool flip = true;
  std::string mode = "fast";
  std::vector<std::int64_t> sizes = {1, 2};
  std::optional<std::int64_t> micro;
  Inner inner;
  Section plugin;

  static auto schema() {
    return config::schema<Options>(
        field("epochs", &Options::epochs, at_least(1), "passes over the data"),
        field("flip", &Options::flip, "mirror images"), field("mode", &Options::mode, one_of("fast", "exact"), "how"),
        field("sizes", &Options::sizes, "sizes"), field("micro", &Options::micro, at_least(1), "images at a time"),
        field("inner", &Options::inner, "inner"),
        config::plugin("plugin", &Options::plugin, describe_plugins_of_test, "plug-in"));
  }
};

Options read(const std::string& text) {
  return read_options<Options>(Section(parse_toml(text, "t.toml"), "train", {"t.toml", 1, 1}));
}

TEST(SchemaTest, ReadsEveryTypeAndKeepsDefaults) {
  const auto options = read("epochs = 3\nsizes = [4]\nmicro = 8\ninner = {rate = 1}\nplugin = {name = \"x\", k = 1}");
  EXPECT_EQ(options.epochs, 3);
  EXPECT_TRUE(options.flip);
  EXPECT_EQ(options.sizes, std::vector<std::int64_t>{4});
  EXPECT_EQ(options.micro, 8);
  EXPECT_EQ(options.inner.rate, 1.0);
  EXPECT_EQ(options.plugin.name(), "x");
  EXPECT_EQ(options.plugin.key_path("k"), "train.plugin.k");
  EXPECT_EQ(read("micro = \"auto\"").micro, std::nullopt);
}

TEST(SchemaTest, NamesUnknownKeysWithPositionAndNearest) {
  EXPECT_ERROR(read("flip = true\nepoch = 3"), kConfig,
               "unknown key train.epoch (t.toml:2:9)\n  hint: did you mean `epochs`?");
  EXPECT_ERROR(read("inner = {rat = 3}"), kConfig, "unknown key train.inner.rat");
}

TEST(SchemaTest, TypesAreStrict) {
  EXPECT_ERROR(read("epochs = \"5\""), kConfig, "train.epochs = \"5\": must be an integer (t.toml:1:10)");
  EXPECT_ERROR(read("epochs = 5.0"), kConfig, "must be an integer");
  EXPECT_ERROR(read("inner = {rate = true}"), kConfig, "must be a number");
  EXPECT_ERROR(read("flip = 1"), kConfig, "must be true or false");
  EXPECT_ERROR(read("sizes = [1, \"x\"]"), kConfig, "train.sizes[1] = \"x\"");
  EXPECT_ERROR(read("inner = 3"), kConfig, "must be a table");
  EXPECT_ERROR(read("micro = \"many\""), kConfig, "must be an integer or \"auto\"");
}

TEST(SchemaTest, LimitsAreTold) {
  EXPECT_ERROR(read("epochs = 0"), kConfig, "train.epochs = 0: must be at least 1");
  EXPECT_ERROR(read("inner = {rate = 1.5}"), kConfig, "must be between 0 and 1");
  EXPECT_ERROR(read("inner = {rate = nan}"), kConfig, "must be between 0 and 1");
  EXPECT_ERROR(read("mode = \"slow\""), kConfig, "must be one of: fast, exact");
}

TEST(SchemaTest, TellsAllMistakesAtOnce) {
  EXPECT_ERROR(read("epochs = 0\nflip = 3\nnope = 1"), kConfig, "3 mistakes in the configuration:");
}

TEST(SchemaTest, TellsWhatABadValueReplaced) {
  auto later = parse_toml("epochs = 0", "late.toml");
  later.find("epochs")->set_replaced(*parse_toml("epochs = 15", "early.toml").find("epochs"));
  EXPECT_ERROR(read_options<Options>(Section(later, "train", {"t.toml", 1, 1})), kConfig,
               "train.epochs = 0: must be at least 1 (late.toml:1:10)\n"
               "  hint: it replaced 15, set at early.toml:1:10");
}

TEST(SchemaTest, LimitsNameTheirUnit) {
  EXPECT_EQ(between(1, 60).in("s").to_string(), "between 1 and 60 s");
  EXPECT_EQ(Limits{}.in("pixels").to_string(), "in pixels");
}

TEST(SectionTest, NameMustBeGiven) {
  EXPECT_ERROR(Section({}, "data", {"t.toml", 1, 1}).name(), kConfig, "data.name is missing");
}

TEST(SuggestTest, FindsSwapsAndListsWhenNothingIsNear) {
  EXPECT_EQ(suggest("epohcs", {"epochs", "seed"}), "did you mean `epochs`?");
  EXPECT_EQ(suggest("xyz", {"epochs", "seed"}), "one of: epochs, seed");
}

TEST(SchemaTest, AFolderNameLeadsNowhereElse) {
  const auto is_mistake = [](const std::string& name) {
    Table table;
    table.set("experiment", Value(name, {"run.toml", 1, 1}));
    Problems read;
    Named named;
    read_into(Section(table, "run", {"run.toml", 1, 1}), named, read);
    Problems validated;
    validate(table, "run", describe<Named>(), validated);
    EXPECT_EQ(read.empty(), validated.empty()) << name;
    return !read.empty();
  };
  for (const auto* name : {"", "flowers", "team/flowers 2", "v1.2_a-b", "..a"}) EXPECT_FALSE(is_mistake(name)) << name;
  for (const auto* name : {"../../x", "/abs", "a/../b", "a//b", "a/", ".", "..", "a\\b", "a\nb", " ", "a:b", "$x"})
    EXPECT_TRUE(is_mistake(name)) << name;
}

}  // namespace
}  // namespace assay::config
