#include "config/defaults_list.h"

#include "config/compose.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::config {
namespace {

class DefaultsListTest : public testing::Test {
 protected:
  DefaultsListTest() {
    folder_.write("db/mysql.toml", "name = \"mysql\"\n");
    folder_.write("db/sqlite.toml", "name = \"sqlite\"\n");
    folder_.write("site/home.toml", "defaults = [{\"/db\" = \"mysql\"}]\nurl = \"u\"\n");
  }

  /// Returns "file@package" of the merged files, in order.
  std::string list(const std::string& defaults, const std::vector<std::string>& overrides = {}) {
    folder_.write("main.toml", "defaults = [" + defaults + "]\nx = 1\n");
    ConfigFiles files({folder_.path()});
    std::string text;
    for (const auto& file : make_defaults_list(files, "main", parse_overrides(overrides)))
      text += (text.empty() ? "" : " ") + file.name + "@" + file.package;
    return text;
  }

  TemporaryFolder folder_;
};

TEST_F(DefaultsListTest, AddsSelfAtTheEnd) {
  EXPECT_EQ(list(R"({db = "mysql"})"), "db/mysql@db main@");
  EXPECT_EQ(list(R"("_self_", {db = "mysql"})"), "main@ db/mysql@db");
}

TEST_F(DefaultsListTest, PlacesGroupsInPackages) {
  EXPECT_EQ(list(R"({"db@source" = "mysql"}, {"db@target" = "sqlite"})"), "db/mysql@source db/sqlite@target main@");
  EXPECT_EQ(list(R"({"db@_global_" = "mysql"})"), "db/mysql@ main@");
  EXPECT_EQ(list(R"({"db@_group_.inner" = "mysql"})"), "db/mysql@db.inner main@");
  EXPECT_EQ(list(R"({"db@_here_" = "mysql"})"), "db/mysql@ main@");
  EXPECT_EQ(list(R"({site = "home"})"), "db/mysql@site.db site/home@site main@");
  EXPECT_EQ(list(R"({"site@a.b" = "home"})"), "db/mysql@a.b.db site/home@a.b main@");
}

TEST_F(DefaultsListTest, HeaderIsAbsoluteAndYieldsToTheList) {
  folder_.write("db/mysql.toml", "__package__ = \"other.place\"\n");
  EXPECT_EQ(list(R"({site = "home"})"), "db/mysql@other.place site/home@site main@");
  EXPECT_EQ(list(R"({"db@mine" = "mysql"})"), "db/mysql@mine main@");
  folder_.write("db/mysql.toml", "__package__ = 3\n");
  EXPECT_ERROR(list(R"({db = "mysql"})"), kConfig, "__package__ = 3: must be a string");
}

TEST_F(DefaultsListTest, HeaderMayNameItsGroup) {
  folder_.write("site/db/mysql.toml", "__package__ = \"_group_\"\n");
  EXPECT_EQ(list(R"({"site/db" = "mysql"})"), "site/db/mysql@site.db main@");
}

TEST_F(DefaultsListTest, TellsTheMistakesOfAllFilesTogether) {
  folder_.write("db/broken.toml", "port = \n");
  folder_.write("site/lost.toml", "defaults = [\"nowhere\"]\n");
  for (const auto* part : {"3 mistakes in the configuration:", "broken.toml:1:8", "group site has no option nowhere",
                           "group db has no option mysqi"}) {
    EXPECT_ERROR(list(R"({"db@a" = "broken"}, {site = "lost"}, {"db@b" = "mysqi"})"), kConfig, part);
  }
}

TEST_F(DefaultsListTest, RefusesOneGroupChosenTwice) {
  EXPECT_ERROR(list(R"({db = "mysql"}, {db = "sqlite"})"), kConfig, "db is chosen twice: ");
  EXPECT_ERROR(list(R"({db = "mysql"}, {db = "mysql"})"), kConfig, "db is chosen twice");
}

TEST_F(DefaultsListTest, CommandLineAddressesOnePlace) {
  const std::string two = R"({"db@source" = "mysql"}, {"db@target" = "sqlite"})";
  EXPECT_EQ(list(two, {"db@source=sqlite"}), "db/sqlite@source db/sqlite@target main@");
  EXPECT_ERROR(list(two, {"db=sqlite"}), kConfig, "did you mean `db@source`, `db@target`?");
  EXPECT_EQ(list(R"({site = "home"})", {"db@site.db=sqlite"}), "db/sqlite@site.db site/home@site main@");
}

TEST_F(DefaultsListTest, ChoosesSeveralOptions) {
  EXPECT_EQ(list(R"({db = ["mysql", "sqlite"]})"), "db/mysql@db db/sqlite@db main@");
  EXPECT_EQ(list(R"({db = "mysql"})", {"db=[sqlite,mysql]"}), "db/sqlite@db db/mysql@db main@");
}

TEST_F(DefaultsListTest, FillsPlaceholders) {
  EXPECT_EQ(list(R"({db = "${null}"})"), "main@");
  EXPECT_EQ(list(R"({db = "${null}"})", {"db=mysql"}), "db/mysql@db main@");
  EXPECT_ERROR(list(R"({db = "???"})"), kConfig, "an option of db must be chosen");
  EXPECT_ERROR(list(R"({db = "???"})"), kConfig, "one of: mysql, sqlite");
  EXPECT_EQ(list(R"({db = "???"})", {"db=mysql"}), "db/mysql@db main@");
}

TEST_F(DefaultsListTest, AddsAndTakesOutGroups) {
  EXPECT_EQ(list(R"("_self_")", {"+db=mysql"}), "main@ db/mysql@db");
  EXPECT_EQ(list("", {"+db=mysql"}), "main@ db/mysql@db");
  EXPECT_EQ(list(R"({db = "mysql"})", {"~db"}), "main@");
  EXPECT_ERROR(list("", {"db=mysql"}), kConfig, "`+db=mysql` adds it");
  EXPECT_ERROR(list(R"({db = "mysql"})", {"+db=sqlite"}), kConfig, "db is chosen twice: ");
  EXPECT_ERROR(list(R"({db = "mysql"})", {"++db=sqlite"}), kConfig, "`++` cannot choose");
  EXPECT_ERROR(list(R"({db = "mysql"})", {"db=null"}), kConfig, "`~db` removes the group");
}

TEST_F(DefaultsListTest, OptionalMayBeAbsent) {
  EXPECT_EQ(list(R"({"optional db" = "absent"})"), "main@");
  EXPECT_ERROR(list(R"({db = "absent"})"), kConfig, "group db has no option absent");
  EXPECT_ERROR(list(R"({"optinal db" = "absent"})"), kConfig, "`optinal` is not a keyword of a defaults list");
}

TEST_F(DefaultsListTest, OverridesEarlierEntries) {
  folder_.write("experiment/one.toml", "__package__ = \"_global_\"\ndefaults = [{\"override /db\" = \"sqlite\"}]\n");
  EXPECT_EQ(list(R"({db = "mysql"}, {experiment = "one"})"), "db/sqlite@db experiment/one@ main@");
  EXPECT_EQ(list(R"({db = "mysql"}, {experiment = "one"})", {"db=mysql"}), "db/mysql@db experiment/one@ main@");
  EXPECT_ERROR(list(R"({experiment = "one"}, {db = "mysql"})"), kConfig, "nothing to override");
  EXPECT_ERROR(list(R"({db = "mysql"}, {"override db" = "sqlite"}, {site = "home"})"), kConfig,
               "overrides must be at the end of the defaults list");
}

TEST_F(DefaultsListTest, InterpolatesChoices) {
  folder_.write("tuning/mysql.toml", "a = 1\n");
  folder_.write("tuning/sqlite.toml", "a = 2\n");
  EXPECT_EQ(list(R"({tuning = "${db}"}, {db = "mysql"})"), "tuning/mysql@tuning db/mysql@db main@");
  EXPECT_EQ(list(R"({tuning = "${db}"}, {db = "mysql"})", {"db=sqlite"}), "tuning/sqlite@tuning db/sqlite@db main@");
  EXPECT_ERROR(list(R"({tuning = "${dbs}"}, {db = "mysql"})"), kConfig, "names no group whose choice is known");
}

TEST_F(DefaultsListTest, RefusesWhatLeavesTheFolders) {
  EXPECT_ERROR(list(R"("../secret")"), kConfig, "is not the name of a configuration file");
  EXPECT_ERROR(list(R"({db = "mysql"})", {"db=../../etc/passwd"}), kConfig, "is not the name of a configuration file");
}

TEST_F(DefaultsListTest, LooksThroughTheSearchPath) {
  TemporaryFolder mine;
  mine.write("db/mysql.toml", "name = \"mine\"\n");
  mine.write("db/own.toml", "name = \"own\"\n");
  folder_.write("main.toml", "defaults = [{db = \"mysql\"}]\n");
  ConfigFiles files({mine.path(), folder_.path()});
  const auto name = [&](const std::vector<std::string>& arguments) {
    return find_path(compose(files, "main", parse_overrides(arguments)).table, "db.name")->to_toml();
  };
  EXPECT_EQ(name({}), "\"mine\"");
  EXPECT_EQ(name({"db=own"}), "\"own\"");
  EXPECT_EQ(name({"db=sqlite"}), "\"sqlite\"");
}

}  // namespace
}  // namespace assay::config
