#include "config/option.h"

#include "config/catalogue.h"
#include "config/fill_defaults.h"
#include "config/fingerprint.h"
#include "config/schema.h"
#include "config/toml.h"
#include "core/file.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::config {
namespace {

struct Slow {
  double factor = 0.5;
  static auto schema() {
    return config::schema<Slow>(field("factor", &Slow::factor, between(0.0, 1.0).in("s"), "wait"));
  }
};

struct Fast {
  std::string folder;
  std::vector<std::int64_t> gears = {1, 2};
  bool loud = false;
  static auto schema() {
    return config::schema<Fast>(field("folder", &Fast::folder, "where").outside_run_key(),
                                field("gears", &Fast::gears, at_least(1), "gears"),
                                field("loud", &Fast::loud, "noise"));
  }
};

std::vector<PluginOptions> describe_engines() { return {{"slow", describe<Slow>()}, {"fast", describe<Fast>()}}; }

struct Inner {
  std::string mode = "exact";
  std::optional<std::int64_t> micro;
  static auto schema() {
    return config::schema<Inner>(field("mode", &Inner::mode, one_of("exact", "quick"), "how"),
                                 field("micro", &Inner::micro, at_least(2), "images at a time"));
  }
};

struct Outer {
  Inner inner{"quick", {}};
  Section engine;
  std::vector<std::string> used;
  Section spares;
  static auto schema() {
    return config::schema<Outer>(field("inner", &Outer::inner, "inside"),
                                 config::plugin("engine", &Outer::engine, describe_engines, "what drives"),
                                 field("used", &Outer::used, "which of the spares").names_tables_of("spares"),
                                 config::plugins("spares", &Outer::spares, describe_engines, "more of them"));
  }
};

std::string mistakes(const std::string& text, const std::vector<Option>& options = describe<Outer>()) {
  Problems problems;
  validate(parse_toml(text, "t.toml"), "", options, problems);
  try {
    problems.throw_if_any();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(OptionTest, AcceptsWhatTheSchemaAllows) {
  EXPECT_EQ(mistakes("inner = {mode = \"quick\", micro = \"auto\"}\n[engine]\nname = \"fast\"\ngears = [3]\n"
                     "[spares.a]\nname = \"slow\"\nfactor = 1"),
            "");
}

TEST(OptionTest, TakesTheNameOfAPluginFromTheKeyOfItsTable) {
  EXPECT_EQ(mistakes("used = [\"fast\", \"a\", \"slow\"]\n[engine]\nname = \"fast\"\n[spares.a]\nname = \"slow\"\n"
                     "[spares.slow]\nfactor = 1"),
            "");
  const auto text = mistakes("used = [\"fost\"]\n[engine]\nname = \"fast\"\n[spares.b]\nfactor = 1");
  EXPECT_THAT(text, testing::HasSubstr("used: there is no \"fost\" (t.toml:1:9)"));
  EXPECT_THAT(text, testing::HasSubstr("did you mean `fast`?"));
  EXPECT_THAT(text, testing::HasSubstr("spares.b.name is missing"));
}

TEST(OptionTest, TellsTheMistakesOfTablesAndPluginsTogether) {
  const auto text = mistakes(
      "inner = {mod = 1, micro = 1}\n[engine]\nname = \"fast\"\ngears = [0]\nfactor = 1\n"
      "[spares.a]\nname = \"sluw\"\n[spares.b]\nname = \"slow\"\nfactor = 2\n[spare]\n");
  for (const auto* part :
       {"7 mistakes in the configuration", "unknown key spare (t.toml:11:1)", "unknown key inner.mod (t.toml:1:16)",
        "did you mean `mode`?", "inner.micro = 1: must be at least 2", "engine.gears[0] = 0: must be at least 1",
        "unknown key engine.factor", "spares.a.name = \"sluw\": there is no such choice", "did you mean `slow`?",
        "spares.b.factor = 2: must be between 0 and 1 s"}) {
    EXPECT_THAT(text, testing::HasSubstr(part));
  }
}

TEST(OptionTest, APluginMustBeChosen) {
  EXPECT_THAT(mistakes(""), testing::HasSubstr("engine.name is missing\n  hint: one of: slow, fast"));
  EXPECT_THAT(mistakes("[engine]\nloud = true"), testing::HasSubstr("engine.name is missing (t.toml:1:1)"));
  EXPECT_THAT(mistakes("engine = 3"), testing::HasSubstr("engine = 3: must be a table"));
  EXPECT_THAT(mistakes("engine = {name = 3}"), testing::HasSubstr("engine.name = 3: there is no such choice"));
}

TEST(OptionTest, FlattensPluginsBelowWhatBringsThem) {
  const auto options = describe<Outer>();
  std::vector<std::string> lines;
  for (const auto& one : flatten(options))
    lines.push_back(fmt::format("{} [{}] {}", one.key, one.plugin, one.describe_values()));
  EXPECT_THAT(lines,
              testing::ElementsAre(
                  "inner.mode [] one of: exact, quick", "inner.micro [] an integer or \"auto\", at least 2",
                  "engine.name [] one of: slow, fast", "engine.factor [engine.name = slow] a number, between 0 and 1 s",
                  "engine.folder [engine.name = fast] text",
                  "engine.gears [engine.name = fast] an array of integers, at least 1",
                  "engine.loud [engine.name = fast] true or false", "used [] an array of texts",
                  "spares.slow.factor [spares.slow.name = slow] a number, between 0 and 1 s",
                  "spares.fast.folder [spares.fast.name = fast] text",
                  "spares.fast.gears [spares.fast.name = fast] an array of integers, at least 1",
                  "spares.fast.loud [spares.fast.name = fast] true or false"));
  EXPECT_THAT(flatten(options)[6].values(), testing::ElementsAre("true", "false"));
  EXPECT_EQ(flatten(options)[0].option->default_value, "\"quick\"") << "the outer struct's, not the inner one's own";
}

TEST(OptionTest, ListsWhatDoesNotIdentifyARun) {
  EXPECT_THAT(keys_outside_run_key(describe<Outer>()), testing::ElementsAre("engine.folder"));
  struct Whole {
    Section track;
    Outer outer;
    static auto schema() {
      return config::schema<Whole>(
          config::plugin("track", &Whole::track, describe_engines, "records").outside_run_key(),
          field("outer", &Whole::outer, "all"));
    }
  };
  EXPECT_THAT(keys_outside_run_key(describe<Whole>()), testing::ElementsAre("track", "outer.engine.folder"));
}

std::string filled(const std::string& text) {
  std::string lines;
  for (const auto& [key, value] : flatten(fill_defaults(parse_toml(text, "t.toml"), describe<Outer>())))
    lines += key + " = " + value + "\n";
  return lines;
}

TEST(FillDefaultsTest, AddsWhatIsNotSaid) {
  EXPECT_EQ(
      filled("[engine]\nname = \"fast\"\nloud = true\n[spares.a]\nname = \"slow\""),
      "engine.folder = \"\"\nengine.gears = [1, 2]\nengine.loud = true\nengine.name = \"fast\"\n"
      "inner.micro = \"auto\"\ninner.mode = \"quick\"\nspares.a.factor = 0.5\nspares.a.name = \"slow\"\nused = []\n");
}

TEST(FillDefaultsTest, LeavesMistakesToTheValidation) {
  EXPECT_EQ(filled("inner = 3\n[engine]\nname = \"sluw\"\nx = 1\n[spares]\na = 1"),
            "engine.name = \"sluw\"\nengine.x = 1\ninner = 3\nspares.a = 1\nused = []\n");
}

TEST(FillDefaultsTest, GivesEachPluginThatAnArrayNamesItsTable) {
  EXPECT_EQ(filled("used = [\"slow\", \"a\"]\n[spares.a]\nname = \"slow\"\nfactor = 0.1\n[spares.fast]\nloud = true"),
            "inner.micro = \"auto\"\ninner.mode = \"quick\"\nspares.a.factor = 0.1\nspares.a.name = \"slow\"\n"
            "spares.fast.folder = \"\"\nspares.fast.gears = [1, 2]\nspares.fast.loud = true\n"
            "spares.fast.name = \"fast\"\nspares.slow.factor = 0.5\nspares.slow.name = \"slow\"\n"
            "used = [\"slow\", \"a\"]\n");
}

TEST(FillDefaultsTest, SaysThatAValueIsADefault) {
  const auto table = fill_defaults({}, describe<Outer>());
  EXPECT_EQ(find_path(table, "inner.mode")->origin().to_string(), "default");
}

TEST(CatalogueTest, ComesBackAsItWasWritten) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "outer.json";
  write_catalogue(path, {"outer", "Tests.", describe<Outer>()});
  const auto read = read_catalogue(path);
  EXPECT_EQ(read.experiment, "outer");
  EXPECT_EQ(read.summary, "Tests.");
  const auto again = folder.path() / "again.json";
  write_catalogue(again, read);
  EXPECT_EQ(read_file(again), read_file(path));
  const std::string bad = "inner = {mod = 1, micro = 1, mode = \"x\"}\nengine = {name = \"fast\", gears = 3}";
  EXPECT_EQ(mistakes(bad, read.options), mistakes(bad));
}

TEST(CatalogueTest, KnowsAFolderName) {
  const TemporaryFolder folder;
  Option option;
  option.key = "experiment";
  option.type = Option::Type::kString;
  option.limits = folder_name();
  write_catalogue(folder.path() / "c.json", {"e", "", {option}});
  EXPECT_THAT(mistakes("experiment = \"../x\"", read_catalogue(folder.path() / "c.json").options),
              testing::HasSubstr("must be a name of letters"));
}

TEST(CatalogueTest, RefusesWhatIsNone) {
  const TemporaryFolder folder;
  EXPECT_ERROR(read_catalogue(folder.path() / "none.json"), kData, "none.json");
  EXPECT_ERROR(read_catalogue(folder.write("old.json", "{\"experiment\": 3}")), kData,
               "run `make build` to write it again");
}

}  // namespace
}  // namespace assay::config
