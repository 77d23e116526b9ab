#include <gmock/gmock.h>
#include <torch/torch.h>

#include "data/data_section.h"
#include "data/dataset.h"
#include "data/image_files.h"
#include "data/image_tree.h"
#include "expect_error.h"

namespace assay::data {
namespace {

using ::testing::ElementsAre;

class ImageListTest : public ::testing::Test {
 protected:
  ImageListTest() {
    folder_.write("images/one.bmp", bmp_of_colour(20, 30, 200, 0, 0));
    folder_.write("images/the other.bmp", bmp_of_colour(30, 20, 0, 200, 0));
    folder_.write("classes.txt", "1\tAnt (black)\r\n2  bee 2\n\n");
    folder_.write("train.txt", "one.bmp 0\nthe other.bmp 1\r\n\n");
    folder_.write("test.txt", "the other.bmp\t1");
  }

  std::unique_ptr<Dataset> make() {
    return make_dataset(data_section("name = \"image_list\"\nfolder = \"" + folder_.path().string() + "\""));
  }

  TemporaryFolder folder_;
};

TEST_F(ImageListTest, ReadsListsAndNames) {
  const auto dataset = make();
  EXPECT_THAT(dataset->class_names(), ElementsAre("Ant (black)", "bee 2"));
  const auto train = dataset->open(Split::kTrain);
  EXPECT_THAT(dynamic_cast<const ImageFiles&>(*train).names(), ElementsAre("images/one.bmp", "images/the other.bmp"));
  EXPECT_TRUE(torch::equal(train->labels(), torch::tensor({0, 1})));
  EXPECT_EQ(train->read(1, {})[1].min().item<int>(), 200);
  EXPECT_EQ(dataset->open(Split::kTest)->size(), 1);
  EXPECT_EQ(dataset->open(Split::kValidation), nullptr);
  folder_.write("val.txt", "one.bmp 0");
  EXPECT_EQ(make()->open(Split::kValidation)->size(), 1);
}

TEST_F(ImageListTest, HasADigestOfFilesAndLabels) {
  const auto digest = make()->digest();
  folder_.write("test.txt", "the other.bmp 0");
  EXPECT_NE(make()->digest(), digest);
}

TEST_F(ImageListTest, NamesTheLineThatIsWrong) {
  const auto expect = [&](const std::string& text, const std::string& why) {
    folder_.write("train.txt", text);
    EXPECT_ERROR(make(), kData, why);
  };
  expect("one.bmp 0\none.bmp\n", "a line without a label");
  expect("one.bmp 0\none.bmp\n", "train.txt:2");
  expect("one.bmp x\n", "the label is no number");
  expect("one.bmp 1x\n", "the label is no number");
  expect("one.bmp 2\n", "label 2 of 2 classes: they begin with 0");
  expect("one.bmp -1\n", "label -1 of 2 classes");
  expect("\n", "the list names no images");
}

TEST_F(ImageListTest, NamesMissingFiles) {
  folder_.write("train.txt", "absent.bmp 0\n");
  EXPECT_ERROR(make(), kData, "images/absent.bmp");
  folder_.write("train.txt", "one.bmp 0\n");
  std::filesystem::remove(folder_.path() / "test.txt");
  EXPECT_ERROR(make(), kData, "test.txt");
}

}  // namespace
}  // namespace assay::data
