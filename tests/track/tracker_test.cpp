#include "track/tracker.h"

#include <filesystem>
#include <fstream>
#include <regex>
#include <set>

#include "config/toml.h"
#include "core/file.h"
#include "expect_error.h"
#include "track/registration.h"

namespace assay::track {
namespace {

const std::filesystem::path kSource = std::filesystem::path(ASSAY_SOURCE_DIR);

config::Section section(std::initializer_list<std::pair<std::string, std::string>> options) {
  config::Table table;
  for (const auto& [key, text] : options) table.set(key, config::Value(text, {"run.toml", 3, 7}));
  return {table, "track", {"run.toml", 1, 1}};
}

TEST(TrackerTest, ListsEveryBackendFile) {
  std::set<std::string> in_files;
  std::set<std::string> in_registry;
  const auto collect = [](const std::string& text, const std::regex& pattern, std::set<std::string>& names) {
    for (std::sregex_iterator match(text.begin(), text.end(), pattern), end; match != end; ++match)
      names.insert((*match)[1]);
  };
  for (const auto& entry : std::filesystem::directory_iterator(kSource / "src/track/backends")) {
    if (entry.path().extension() == ".cpp") {
      collect(read_file(entry.path()), std::regex(R"(\nASSAY_BACKEND\((\w+),)"), in_files);
    }
  }
  collect(read_file(kSource / "src/track/registry.def"), std::regex(R"(BACKEND\((\w+)\))"), in_registry);
  EXPECT_EQ(in_files, in_registry);
  EXPECT_EQ(in_files, (std::set<std::string>{"journal", "mlflow", "off"}));
}

TEST(TrackerTest, MakesABackendFromEachConfiguration) {
  for (const char* name : {"journal", "mlflow", "off"}) {
    const auto path = kSource / "configs/track" / (std::string(name) + ".toml");
    const auto table = config::parse_toml(read_file(path), path.string());
    const config::Section config(table, "track", {path.string(), 1, 1});
    EXPECT_EQ(config.name(), name);
    EXPECT_NE(make_tracker(config), nullptr);
  }
}

TEST(TrackerTest, SendsUntrackedSourcesOnlyWhereAsked) {
  for (const char* name : {"journal", "mlflow", "off"}) {
    const auto path = kSource / "configs/track" / (std::string(name) + ".toml");
    const auto shipped = config::parse_toml(read_file(path), path.string());
    EXPECT_FALSE(sends_untracked_sources({shipped, "track", {path.string(), 1, 1}})) << name;
  }
  int num_backends = 0;
  for (const auto& backend : describe_backends()) {
    for (const auto& option : backend.options) {
      if (option.key != "source_untracked") continue;
      EXPECT_EQ(option.default_value, "false") << backend.name;
      ++num_backends;
    }
  }
  EXPECT_EQ(num_backends, 2);
  const auto asked = config::parse_toml("name = \"journal\"\nsource_untracked = true", "run.toml");
  EXPECT_TRUE(sends_untracked_sources({asked, "track", {"run.toml", 1, 1}}));
}

TEST(TrackerTest, RefusesALoginInTheRecordedAddressWithoutRepeatingIt) {
  try {
    make_tracker(section({{"name", "mlflow"}, {"uri", "http://ann:s3cret@host"}}));
    FAIL() << "the address was taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kConfig);
    EXPECT_THAT(error.what(), testing::Not(testing::HasSubstr("s3cret")));
  }
}

TEST(TrackerTest, RefusesToRegisterModelsUnderBadNamesOrWithoutARegistry) {
  EXPECT_ERROR(make_tracker(section({{"name", "mlflow"}, {"register_as", "a/b"}})), kConfig, "track.register_as");
  EXPECT_ERROR(make_tracker(section({{"name", "journal"}, {"register_as", "a:b"}})), kConfig, "track.register_as");
  EXPECT_ERROR(make_tracker(section({{"name", "off"}, {"register_as", "flowers"}})), kConfig, "register_as");
  EXPECT_ERROR(check_registration({"", {"best"}}), kConfig, "set track.register_as too");
  EXPECT_ERROR(check_registration({"flowers", {"latest"}}), kConfig, "track.aliases");
  EXPECT_NO_THROW(check_registration({"flowers", {"best"}}));
}

TEST(TrackerTest, SuggestsTheNearestBackendAndOption) {
  EXPECT_ERROR(make_tracker(section({{"name", "mlfow"}})), kConfig,
               "track.name = \"mlfow\": there is no such choice (run.toml:3:7)");
  EXPECT_ERROR(make_tracker(section({{"name", "mlfow"}})), kConfig, "did you mean `mlflow`?");
  EXPECT_ERROR(make_tracker(section({{"name", "mlflow"}, {"url", "x"}})), kConfig, "uri");
  EXPECT_ERROR(make_tracker(section({{"name", "off"}, {"uri", "x"}})), kConfig, "uri");
}

TEST(TrackerTest, RefusesABadAddressWhereItIsWritten) {
  EXPECT_ERROR(make_tracker(section({{"name", "mlflow"}, {"uri", "sqlite:///x"}})), kConfig, "(run.toml:3:7)");
}

}  // namespace
}  // namespace assay::track
