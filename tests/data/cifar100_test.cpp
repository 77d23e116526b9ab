#include <gmock/gmock.h>
#include <torch/torch.h>

#include "data/cifar100_layout.h"
#include "data/data_section.h"
#include "data/memory_images.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::data {
namespace {

std::string row(int coarse, int fine, int first) {
  std::string bytes(3074, '\0');
  bytes[0] = static_cast<char>(coarse);
  bytes[1] = static_cast<char>(fine);
  for (std::size_t i = 2; i < bytes.size(); ++i) bytes[i] = static_cast<char>((first + static_cast<int>(i) - 2) % 256);
  return bytes;
}

class Cifar100Test : public ::testing::Test {
 protected:
  Cifar100Test() {
    // An apple, a wardrobe, a clock; then a bed.
    folder_.write("train.bin", row(4, 0, 10) + row(6, 94, 20) + row(5, 22, 30));
    folder_.write("test.bin", row(6, 5, 40));
  }

  std::unique_ptr<Dataset> make(const std::string& name, const std::string& options = "") {
    return make_dataset(
        data_section("name = \"" + name + "\"\nfolder = \"" + folder_.path().string() + "\"\n" + options));
  }

  TemporaryFolder folder_;
};

TEST_F(Cifar100Test, ReadsFineAndCoarseLabels) {
  const auto fine = make("cifar100"), coarse = make("cifar100", "labels = \"coarse\"");
  const auto train = images_of(*fine, Split::kTrain);
  EXPECT_TRUE(torch::equal(train.labels, torch::tensor({0, 94, 22})));
  EXPECT_EQ(train.pixels[1][0][0][5].item<int>(), 25);
  EXPECT_TRUE(torch::equal(images_of(*coarse, Split::kTrain).labels, torch::tensor({4, 6, 5})));
  EXPECT_EQ(fine->class_names().at(94), "wardrobe");
  EXPECT_EQ(coarse->class_names().at(6), "household_furniture");
  EXPECT_EQ(fine->open(Split::kValidation), nullptr);
}

TEST_F(Cifar100Test, KnowsAHundredClassesAndTwentyGroups) {
  const auto names = cifar100_names(false);
  EXPECT_EQ(names.size(), 100U);
  EXPECT_TRUE(std::is_sorted(names.begin(), names.end()));
  EXPECT_EQ(cifar100_names(true).size(), 20U);
}

TEST_F(Cifar100Test, RefusesFilesOfCifar10) {
  folder_.write("train.bin", std::string(3073, '\0'));
  EXPECT_ERROR(make("cifar100"), kData, "CIFAR-100: 3073 bytes are 0 rows of 3074 bytes");
  folder_.write("train.bin", row(0, 100, 0));
  EXPECT_ERROR(make("cifar100")->open(Split::kTrain), kData, "label 100 in row 0: must be 0 to 99");
}

TEST_F(Cifar100Test, TenHouseholdObjectsAreRelabelled) {
  const auto household = make("household");
  EXPECT_THAT(household->class_names(), ::testing::ElementsAre("clock", "keyboard", "lamp", "telephone", "television",
                                                               "bed", "chair", "couch", "table", "wardrobe"));
  const auto train = images_of(*household, Split::kTrain);
  EXPECT_TRUE(torch::equal(train.labels, torch::tensor({9, 0})));
  EXPECT_EQ(train.pixels[0][0][0][5].item<int>(), 25);
  EXPECT_TRUE(torch::equal(images_of(*household, Split::kTest).labels, torch::tensor({5})));
  EXPECT_NE(household->digest(), make("cifar100")->digest());
}

}  // namespace
}  // namespace assay::data
