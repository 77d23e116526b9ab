#include "data/health.h"

#include <gmock/gmock.h>
#include <torch/torch.h>

#include "data/data_section.h"
#include "data/dataset.h"
#include "data/health_json.h"
#include "data/health_report.h"
#include "data/image_tree.h"
#include "data/memory_images.h"
#include "data/photo.h"
#include "data/png.h"
#include "expect_error.h"

namespace assay::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kAlike = 4;  // bits

class HealthTest : public ::testing::Test {
 protected:
  /// Checks the folder as a data set of its splits.
  Health check(std::int64_t near_distance = 0, std::int64_t num_threads = 2) {
    const auto dataset = make_dataset(
        data_section("name = \"image_folder\"\nimage_size = 16\nfolder = \"" + folder_.path().string() + "\""));
    std::vector<NamedSplit> splits;
    const auto add = [&](const char* name, Split split) {
      if (auto source = dataset->open(split)) splits.push_back({name, all_samples(std::move(source))});
    };
    add("training", Split::kTrain);
    add("validation", Split::kValidation);
    add("test", Split::kTest);
    return check_health(splits, dataset->class_names(),
                        {{dataset->image_size(), dataset->normalization()}, near_distance, num_threads});
  }

  void copy(const std::string& from, const std::string& to) {
    std::filesystem::copy_file(folder_.path() / from, folder_.path() / to);
  }

  TemporaryFolder folder_;
};

TEST_F(HealthTest, FindsNothingWrongWithDifferentImages) {
  write_photos(folder_);
  const auto health = check(kAlike);
  EXPECT_EQ(health.num_images, 8);
  EXPECT_THAT(health.unreadable, IsEmpty());
  EXPECT_THAT(health.equal, IsEmpty());
  EXPECT_THAT(health.near, IsEmpty());
  EXPECT_FALSE(is_grave(health));
  EXPECT_EQ(summarize(health), "nothing wrong with 8 images");
}

TEST_F(HealthTest, ListsFilesThatCannotBeRead) {
  write_photos(folder_);
  folder_.write("train/bee/cut.jpg", cut_jpeg(8));
  folder_.write("test/ant/empty.png", "");
  const auto health = check();
  ASSERT_THAT(health.unreadable, SizeIs(2));
  EXPECT_EQ(health.unreadable[0].image, (ImageName{"training", "train/bee/cut.jpg", "bee"}));
  EXPECT_THAT(health.unreadable[0].reason, HasSubstr("the image cannot be read"));
  EXPECT_EQ(health.unreadable[1].image, (ImageName{"test", "test/ant/empty.png", "ant"}));
  EXPECT_EQ(health.num_images, 10);
  EXPECT_THAT(health.equal, IsEmpty()) << "what cannot be read is equal to nothing";
  EXPECT_TRUE(is_grave(health));
}

TEST_F(HealthTest, FindsTrainingImagesInTheTest) {
  write_photos(folder_);
  copy("train/ant/1.jpg", "test/ant/copy.jpg");
  const auto health = check();
  ASSERT_THAT(health.equal, SizeIs(1));
  EXPECT_THAT(health.equal[0], ElementsAre(ImageName{"training", "train/ant/1.jpg", "ant"},
                                           ImageName{"test", "test/ant/copy.jpg", "ant"}));
  EXPECT_TRUE(is_leak(health.equal[0]));
  EXPECT_FALSE(has_label_conflict(health.equal[0]));
  EXPECT_FALSE(is_repeated(health.equal[0]));
  EXPECT_TRUE(is_grave(health));
}

TEST_F(HealthTest, FindsOnePictureUnderTwoLabels) {
  write_photos(folder_);
  copy("train/ant/1.jpg", "train/bee/copy.jpg");
  const auto health = check();
  ASSERT_THAT(health.equal, SizeIs(1));
  EXPECT_TRUE(has_label_conflict(health.equal[0]));
  EXPECT_FALSE(is_leak(health.equal[0]));
  EXPECT_TRUE(is_grave(health));
}

TEST_F(HealthTest, FindsPicturesThatAreThereTwice) {
  write_photos(folder_);
  copy("train/ant/1.jpg", "train/ant/copy.jpg");
  const auto health = check();
  ASSERT_THAT(health.equal, SizeIs(1));
  EXPECT_TRUE(is_repeated(health.equal[0]));
  EXPECT_FALSE(is_grave(health));
  EXPECT_EQ(summarize(health), "1 duplicate");
}

TEST_F(HealthTest, TellsLeaksBeforeDuplicates) {
  write_photos(folder_);
  copy("train/ant/0.jpg", "train/ant/copy.jpg");
  copy("train/bee/1.jpg", "test/bee/copy.jpg");
  const auto health = check();
  ASSERT_THAT(health.equal, SizeIs(2));
  EXPECT_TRUE(is_leak(health.equal[0]));
  EXPECT_FALSE(is_leak(health.equal[1]));
}

TEST_F(HealthTest, ComparesPixelsWhateverTheFileFormat) {
  write_photos(folder_);
  folder_.write("train/ant/red.bmp", bmp_of_colour(20, 30, 200, 0, 0));
  folder_.write("train/ant/turned.bmp", bmp_of_colour(30, 20, 200, 0, 0));
  auto red = torch::zeros({3, 20, 30}, torch::kByte);
  red[0] = 200;
  write_png(red, folder_.path() / "test/ant/red.png");
  const auto health = check();
  ASSERT_THAT(health.equal, SizeIs(1));
  EXPECT_THAT(health.equal[0], ElementsAre(ImageName{"training", "train/ant/red.bmp", "ant"},
                                           ImageName{"test", "test/ant/red.png", "ant"}));
}

TEST_F(HealthTest, FindsPicturesThatLookAlike) {
  write_photos(folder_);
  folder_.write("train/ant/compressed.jpg", jpeg_of(photo(0, 64, 80), 40));
  folder_.write("test/bee/smaller.jpg", jpeg_of(photo(2, 32, 40)));
  EXPECT_THAT(check().near, IsEmpty());
  const auto health = check(kAlike);
  EXPECT_THAT(health.equal, IsEmpty());
  ASSERT_THAT(health.near, SizeIs(2));
  EXPECT_EQ(health.near[0].earlier.name, "train/bee/0.jpg") << "pairs of two splits come first";
  EXPECT_EQ(health.near[0].image.name, "test/bee/smaller.jpg");
  EXPECT_EQ(health.near[1].earlier.name, "train/ant/0.jpg");
  EXPECT_EQ(health.near[1].image.name, "train/ant/compressed.jpg");
  EXPECT_LE(health.near[1].distance, kAlike);
  EXPECT_FALSE(is_grave(health)) << "they may differ";
}

TEST_F(HealthTest, MeasuresImagesAsTheyAreStored) {
  write_photos(folder_);
  folder_.write("train/ant/large.jpg", jpeg_of(photo(8, 256, 320)));  // decoded at an eighth
  folder_.write("val/bee/small.bmp", bmp_of_colour(10, 20, 0, 0, 200));
  EXPECT_THAT(check().sizes, ElementsAre(ImageSize{10, 20}, ImageSize{64, 80}, ImageSize{256, 320}));
}

TEST_F(HealthTest, FindsTheSameOnAnyNumberOfThreads) {
  write_photos(folder_);
  copy("train/ant/1.jpg", "test/bee/copy.jpg");
  folder_.write("val/ant/cut.jpg", cut_jpeg(8));
  for (int i = 0; i < 40; ++i)
    folder_.write("train/bee/" + std::to_string(10 + i) + ".bmp", bmp_of_colour(9, 9, 1, 2, 3));
  const auto alone = to_json(check(kAlike, 1));
  EXPECT_EQ(to_json(check(kAlike, 3)), alone);
}

TEST(HealthOfMemoryTest, CountsImagesOfClasses) {
  torch::manual_seed(1);
  const Images images{torch::randint(0, 256, {9, 3, 8, 8}, torch::kByte), torch::tensor({0, 0, 0, 1, 1, 2, 0, 1, 2})};
  const auto health = check_health({{"training", images.at({0, 1, 2, 3, 4})}, {"test", images.at({6, 7, 8})}},
                                   {"ant", "bee", "wasp"}, {images.preprocessing()});
  ASSERT_THAT(health.balance, SizeIs(2));
  EXPECT_THAT(health.balance[0].num_images, ElementsAre(3, 2, 0));
  EXPECT_THAT(health.balance[1].num_images, ElementsAre(1, 1, 1));
  EXPECT_THAT(describe(health, {}),
              ::testing::Contains(::testing::Pair("classes",
                                                  "no training images of wasp; 0 (wasp) to 3 (ant) training "
                                                  "images a class")));
}

TEST(HealthOfMemoryTest, NamesImagesByTheirPlace) {
  torch::manual_seed(1);
  Images images{torch::randint(0, 256, {6, 3, 8, 8}, torch::kByte), torch::tensor({0, 0, 1, 1, 0, 1})};
  images.pixels[5] = images.pixels[1];
  const auto health = check_health({{"training", images.at({0, 1, 2})}, {"test", images.at({4, 5})}}, {"ant", "bee"},
                                   {images.preprocessing()});
  ASSERT_THAT(health.equal, SizeIs(1));
  EXPECT_THAT(health.equal[0],
              ElementsAre(ImageName{"training", "image 1", "ant"}, ImageName{"test", "image 5", "bee"}));
  EXPECT_EQ(summarize(health), "1 leak, 1 label conflict");
}

TEST(HealthOfMemoryTest, MeasuresThePixelsOfTraining) {
  torch::manual_seed(1);
  const Images images{torch::randint(30, 200, {50, 3, 8, 8}, torch::kByte), torch::zeros({50}, torch::kLong)};
  const auto health = check_health({{"training", images.all()}}, {"ant"}, {images.preprocessing(), 0, 2});
  const auto values = images.pixels.to(torch::kDouble) / 255.0;
  for (std::int64_t channel = 0; channel < 3; ++channel) {
    const auto of_channel = values.select(1, channel);
    const auto place = static_cast<std::size_t>(channel);
    EXPECT_NEAR(health.statistics.mean[place], of_channel.mean().item<double>(), 1e-6);
    EXPECT_NEAR(health.statistics.std[place], of_channel.std(/*unbiased=*/false).item<double>(), 1e-6);
  }
  const auto line = [&](const Normalization& configured) { return describe(health, configured).back().second; };
  EXPECT_THAT(line(health.statistics), HasSubstr(", as configured"));
  EXPECT_THAT(line({{0.5F, 0.5F, 0.5F}, {0.2F, 0.2F, 0.2F}}), HasSubstr("; configured 0.500 0.500 0.500"));
  EXPECT_THAT(line({}), HasSubstr("; configured far from it: 0.000 0.000 0.000"));
}

}  // namespace
}  // namespace assay::data
