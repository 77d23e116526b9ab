#include "data/dataset.h"

#include <filesystem>
#include <fstream>
#include <set>

#include "data/data_section.h"
#include "data/loading.h"
#include "expect_error.h"

namespace assay::data {
namespace {

TEST(DatasetTest, SuggestsTheNearestName) {
  EXPECT_ERROR(make_dataset(data_section("name = \"shape\"")), kConfig,
               "data.name = \"shape\": there is no such choice");
  EXPECT_ERROR(make_dataset(data_section("name = \"shape\"")), kConfig, "did you mean `shapes`?");
  EXPECT_ERROR(make_dataset(data_section("name = \"shape\"")), kConfig, "data.toml:1:8");
}

TEST(DatasetTest, LeavesTheTablesOfTheLoaderAlone) {
  EXPECT_NO_THROW(make_dataset(data_section("name = \"shapes\"\naugment = []\n[loader]\nnum_workers = 0")));
}

TEST(DatasetTest, RefusesAnUnknownOption) {
  EXPECT_ERROR(make_dataset(data_section("name = \"shapes\"\nimage_sise = 64")), kConfig, "image_size");
}

TEST(DatasetTest, HasARegistryLineForEachPlugin) {
  std::set<std::string> plugins;
  for (const auto& entry : std::filesystem::directory_iterator(ASSAY_SOURCE_DIR "/src/data")) {
    if (entry.path().extension() != ".cpp") continue;
    std::ifstream file(entry.path());
    const std::string text(std::istreambuf_iterator<char>(file), {});
    if (text.find("ASSAY_DATASET(") != std::string::npos) plugins.insert(entry.path().stem());
  }
  std::vector<std::string> names;
  for (const auto& dataset : describe_datasets()) names.push_back(dataset.name);
  EXPECT_EQ(plugins, std::set<std::string>(names.begin(), names.end()));
}

TEST(LoadingOptionsTest, KeepTheirDefaultsWhereNothingIsSaid) {
  const auto options = read_loading_options(data_section("name = \"shapes\"\naugment = [\"flip\"]"));
  EXPECT_EQ(options.augment, std::vector<std::string>{"flip"});
  EXPECT_DOUBLE_EQ(options.loader.validation_fraction, 0.1);
  EXPECT_EQ(read_loading_options(data_section("")).augment, (std::vector<std::string>{"padded_crop", "flip"}));
}

TEST(LoadingOptionsTest, SayHowTheDataAreChecked) {
  EXPECT_EQ(read_loading_options(data_section("name = \"shapes\"")).check, "warn");
  const auto section = data_section("name = \"shapes\"\ncheck = \"stop\"\nnear_duplicates = 3");
  EXPECT_EQ(read_loading_options(section).check, "stop");
  EXPECT_EQ(read_loading_options(section).near_duplicates, 3);
  EXPECT_NO_THROW(make_dataset(section));
  EXPECT_ERROR(read_loading_options(data_section("check = \"halt\"")), kConfig, "data.check = \"halt\"");
  EXPECT_ERROR(read_loading_options(data_section("near_duplicates = 11")), kConfig, "data.near_duplicates = 11");
}

TEST(LoadingOptionsTest, TellEveryMistakeAtOnce) {
  const auto section = data_section("augment = 3\n[loader]\nvalidation_fraction = 1.5\nfot = \"pad\"");
  EXPECT_ERROR(read_loading_options(section), kConfig, "data.loader.validation_fraction = 1.5");
  EXPECT_ERROR(read_loading_options(section), kConfig, "data.augment = 3");
  EXPECT_ERROR(read_loading_options(section), kConfig, "did you mean `fit`?");
}

}  // namespace
}  // namespace assay::data
