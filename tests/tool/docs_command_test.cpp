#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/catalogue.h"
#include "temporary_folder.h"
#include "tool/run_assay.h"

namespace assay {
namespace {

using config::Option;
using ::testing::HasSubstr;
using ::testing::Not;

Option option(const std::string& key, const std::string& help) {
  Option one;
  one.key = key;
  one.type = Option::Type::kInteger;
  one.default_value = "1";
  one.help = help;
  return one;
}

Option group(const std::string& key, Option::Type type, const std::vector<config::PluginOptions>& plugins) {
  Option one;
  one.key = key;
  one.type = type;
  one.help = "which";
  one.plugins = plugins;
  return one;
}

class DocsCommandTest : public ::testing::Test {
 protected:
  std::string page_of(const std::vector<Option>& options) {
    const auto file = folder_.path() / "catalogue.json";
    config::write_catalogue(file, {"study", "Studies.", options});
    const auto result = run_assay({"docs-config", file.string()});
    EXPECT_EQ(result.code, 0) << result.output;
    return result.output;
  }

  TemporaryFolder folder_;
};

TEST_F(DocsCommandTest, ListsWhatAllPluginsHaveOnce) {
  const auto variations = group("variations", Option::Type::kPlugins, {{"flip", {option("share", "of images")}}});
  const auto workers = option("workers", "threads"), fold = option("fold", "of five");
  const auto page = page_of({group("data", Option::Type::kPlugin,
                                   {{"photos", {variations, option("folder", "of photos"), workers}},
                                    {"drawings", {variations, workers, option("folder", "of drawings"), fold}}})});
  const std::string head = "\n| option | default | values | meaning |\n|---|---|---|---|\n";
  EXPECT_THAT(page, HasSubstr("\n## data\n" + head +
                              "| `data.name` |  | one of: photos, drawings | which |\n"
                              "\nWith every `data.name`:\n" +
                              head +
                              "| `data.workers` | `1` | an integer | threads |\n"
                              "\nWith `data.variations.flip.name = flip`:\n" +
                              head +
                              "| `data.variations.flip.share` | `1` | an integer | of images |\n"
                              "\nWith `data.name = photos`:\n" +
                              head +
                              "| `data.folder` | `1` | an integer | of photos |\n"
                              "\nWith `data.name = drawings`:\n" +
                              head +
                              "| `data.folder` | `1` | an integer | of drawings |\n"
                              "| `data.fold` | `1` | an integer | of five |\n"));
}

TEST_F(DocsCommandTest, OnePluginSharesNothing) {
  const auto page =
      page_of({option("seed", "of all"), group("data", Option::Type::kPlugin, {{"a", {option("b", "c")}}})});
  EXPECT_THAT(page, HasSubstr("\n## seed\n"));
  EXPECT_THAT(page, HasSubstr("\nWith `data.name = a`:\n"));
  EXPECT_THAT(page, Not(HasSubstr("With every")));
}

}  // namespace
}  // namespace assay
