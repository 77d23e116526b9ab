#include <gmock/gmock.h>
#include <torch/torch.h>

#include "data/data_section.h"
#include "data/dataset.h"
#include "data/image_files.h"
#include "data/image_tree.h"
#include "data/loader.h"
#include "data/split.h"
#include "expect_error.h"

namespace assay::data {
namespace {

using ::testing::ElementsAre;

class ImageFolderTest : public ::testing::Test {
 protected:
  std::unique_ptr<Dataset> make(const std::string& options = "") {
    return make_dataset(data_section("name = \"image_folder\"\nimage_size = 16\nfolder = \"" + folder_.path().string() +
                                     "\"\n" + options));
  }

  static std::vector<std::string> names_of(const Dataset& dataset, Split split) {
    return dynamic_cast<const ImageFiles&>(*dataset.open(split)).names();
  }

  TemporaryFolder folder_;
};

TEST_F(ImageFolderTest, ReadsTheFoldersOfSplits) {
  write_images(folder_, "train/", 3);
  write_images(folder_, "val/", 1);
  write_images(folder_, "test/", 2);
  folder_.write("train/bee/notes.txt", "no image");
  folder_.write("train/.cache/x.bmp", "hidden");
  const auto dataset = make();
  EXPECT_THAT(dataset->class_names(), ElementsAre("ant", "bee"));
  EXPECT_EQ(dataset->image_size(), (ImageSize{16, 16}));
  EXPECT_THAT(names_of(*dataset, Split::kTrain), ElementsAre("train/ant/0.bmp", "train/ant/1.bmp", "train/ant/2.bmp",
                                                             "train/bee/0.bmp", "train/bee/1.bmp", "train/bee/2.bmp"));
  EXPECT_TRUE(torch::equal(dataset->open(Split::kTrain)->labels(), torch::tensor({0, 0, 0, 1, 1, 1})));
  EXPECT_EQ(dataset->open(Split::kValidation)->size(), 2);
  EXPECT_EQ(dataset->open(Split::kTest)->size(), 4);
}

TEST_F(ImageFolderTest, LeavesValidationToBeSplitOff) {
  write_images(folder_, "train/", 3);
  write_images(folder_, "test/", 2);
  EXPECT_EQ(make()->open(Split::kValidation), nullptr);
}

TEST_F(ImageFolderTest, DividesFoldersOfClassesByTheirSeed) {
  write_images(folder_, "", 10);
  const auto dataset = make("test_fraction = 0.3");
  EXPECT_TRUE(torch::equal(dataset->open(Split::kTest)->labels(), torch::tensor({0, 0, 0, 1, 1, 1})));
  EXPECT_EQ(dataset->open(Split::kTrain)->size(), 14);
  EXPECT_EQ(names_of(*dataset, Split::kTest), names_of(*make("test_fraction = 0.3"), Split::kTest));
  EXPECT_NE(names_of(*dataset, Split::kTest), names_of(*make("test_fraction = 0.3\nsplit_seed = 2"), Split::kTest));
  EXPECT_ERROR(make("test_fraction = 0.01"), kConfig, "data.test_fraction = 0.01 leaves 20 images for training and 0");
}

TEST_F(ImageFolderTest, DecodesImagesOfAnySize) {
  write_images(folder_, "", 10);
  const auto dataset = make();
  const auto source = dataset->open(Split::kTrain);
  const auto image = source->read(0, {});
  EXPECT_EQ(image.size(0), 3);
  EXPECT_GT(image.size(1) * image.size(2), 16 * 16);
  EXPECT_GE(image[0].min().item<int>(), 100);
  EXPECT_EQ(image[1].max().item<int>(), 0);
}

TEST_F(ImageFolderTest, PadsCropsOrStretchesToTheSizeOfTheNetwork) {
  write_images(folder_, "", 10);
  const auto dataset = make();
  const auto images_of = [&](const std::string& fit) {
    const Preprocessing preprocessing{dataset->image_size(), {}, fit};
    return Loader::for_evaluation(all_samples(dataset->open(Split::kTrain)), preprocessing, 4).next()->images;
  };
  for (const auto* fit : {"pad", "crop", "stretch"}) {
    const auto images = images_of(fit);
    EXPECT_EQ(images.sizes(), (at::IntArrayRef{4, 3, 16, 16})) << fit;
    EXPECT_NEAR(images[0][0][8][8].item<double>(), 104.0 / 255.0, 5.0 / 255.0) << fit;
    const bool is_padded = std::string(fit) == "pad";
    EXPECT_NEAR(images[0][1][0][8].item<double>(), is_padded ? 128.0 / 255.0 : 0.0, 1e-6) << fit;
  }
}

TEST_F(ImageFolderTest, GivesTheSameBitsForAnyWorkers) {
  write_images(folder_, "", 10);
  const auto dataset = make();
  const auto batches = [&](std::int64_t num_workers) {
    LoadingOptions options;
    options.loader.num_workers = num_workers;
    auto loader = Loader::for_training(all_samples(dataset->open(Split::kTrain)), {{16, 16}}, options, 4, 3);
    std::vector<at::Tensor> images;
    while (const auto batch = loader.next()) images.push_back(batch->images);
    return torch::cat(images);
  };
  EXPECT_TRUE(torch::equal(batches(3), batches(0)));
}

TEST_F(ImageFolderTest, HasADigestOfFilesAndSplits) {
  write_images(folder_, "", 10);
  const auto digest = make()->digest();
  EXPECT_EQ(make()->digest(), digest);
  EXPECT_NE(make("test_fraction = 0.5")->digest(), digest);
  folder_.write("ant/0.bmp", bmp_of_colour(20, 30, 101, 0, 0));
  EXPECT_NE(make()->digest(), digest);
}

TEST_F(ImageFolderTest, NamesADamagedImageWhenItIsRead) {
  write_images(folder_, "train/", 2);
  write_images(folder_, "test/", 2);
  folder_.write("train/ant/0.bmp", "BM, and no more");
  const auto source = make()->open(Split::kTrain);
  EXPECT_ERROR(source->read(0, {}), kData, "train/ant/0.bmp");
  EXPECT_NO_THROW(source->read(1, {}));
}

TEST_F(ImageFolderTest, RefusesFoldersThatAreNoDataSet) {
  EXPECT_ERROR(make(), kData, "0 classes of images; at least two are needed");
  folder_.write("train/ant/0.bmp", "");
  EXPECT_ERROR(make(), kData, "1 classes of images");
  folder_.write("train/bee/0.bmp", "");
  EXPECT_ERROR(make(), kData, "test");
  folder_.write("test/ant/0.bmp", "");
  EXPECT_ERROR(make(), kData, "class \"bee\" of train is missing");
  folder_.write("test/bee/0.bmp", "");
  EXPECT_NO_THROW(make());
  folder_.write("test/wasp/0.bmp", "");
  EXPECT_ERROR(make(), kData, "class \"wasp\" is not one of train's");
  folder_.write("train/empty/notes.txt", "");
  EXPECT_ERROR(make(), kData, "holds no images");
}

TEST_F(ImageFolderTest, RefusesBadOptions) {
  EXPECT_ERROR(make_dataset(data_section("name = \"image_folder\"")), kConfig, "data.folder is empty");
  EXPECT_ERROR(make("mean = [0.5]"), kConfig, "data.mean: must be three numbers from 0 to 1");
  EXPECT_ERROR(make("std = [0.5, 0.5, 0.0]"), kConfig, "data.std: must be three numbers from 0.001 to 1");
}

}  // namespace
}  // namespace assay::data
