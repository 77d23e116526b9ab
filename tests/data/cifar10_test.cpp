#include <torch/torch.h>

#include <cstdlib>
#include <filesystem>

#include "data/data_section.h"
#include "data/dataset.h"
#include "data/memory_images.h"
#include "expect_error.h"
#include "temporary_folder.h"

namespace assay::data {
namespace {

namespace fs = std::filesystem;

/// Makes a row of one label and pixels that count up from `first`.
std::string row(int label, int first) {
  std::string bytes(3073, '\0');
  bytes[0] = static_cast<char>(label);
  for (std::size_t i = 1; i < bytes.size(); ++i) bytes[i] = static_cast<char>((first + static_cast<int>(i) - 1) % 256);
  return bytes;
}

class Cifar10Test : public ::testing::Test {
 protected:
  Cifar10Test() {
    for (int i = 1; i <= 5; ++i) folder_.write("data_batch_" + std::to_string(i) + ".bin", row(i, 10 * i));
    folder_.write("test_batch.bin", row(9, 0) + row(0, 7));
  }

  std::unique_ptr<Dataset> open() const {
    return make_dataset(data_section("name = \"cifar10\"\nfolder = \"" + folder_.path().string() + "\""));
  }

  TemporaryFolder folder_;
};

TEST_F(Cifar10Test, ReadsRowsInOrder) {
  const auto train = images_of(*open(), Split::kTrain);
  EXPECT_TRUE(torch::equal(train.labels, torch::tensor({1, 2, 3, 4, 5}, torch::kLong)));
  EXPECT_EQ(train.pixels.sizes(), (std::vector<std::int64_t>{5, 3, 32, 32}));
  EXPECT_EQ(train.pixels[2][0][0][5].item<int>(), 35);
  const auto test = images_of(*open(), Split::kTest);
  EXPECT_TRUE(torch::equal(test.labels, torch::tensor({9, 0}, torch::kLong)));
  EXPECT_EQ(test.pixels[1][1][2][3].item<int>(), (7 + 1024 + 2 * 32 + 3) % 256);  // planes, then rows, then columns
}

TEST_F(Cifar10Test, KnowsTheUsualNamesAndReadsOthers) {
  EXPECT_EQ(open()->class_names()[3], "cat");
  folder_.write("batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n\n");
  EXPECT_EQ(open()->class_names()[3], "d");
  folder_.write("batches.meta.txt", "a\nb\n");
  EXPECT_ERROR(open(), kData, "2 class names instead of 10");
  folder_.write("batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\n\xe4pfel\n");
  EXPECT_ERROR(open(), kData, "the name of class 9 is not UTF-8");
}

TEST_F(Cifar10Test, ChangesItsDigestWithOneByte) {
  const auto before = open()->digest();
  EXPECT_EQ(before, open()->digest());
  folder_.write("data_batch_3.bin", row(3, 31));
  EXPECT_NE(before, open()->digest());
}

TEST_F(Cifar10Test, SaysWhereToGetAMissingFolder) {
  const auto section = data_section("name = \"cifar10\"\nfolder = \"/nowhere/cifar\"");
  EXPECT_ERROR(make_dataset(section), kData, "CIFAR-10: folder is missing (/nowhere/cifar)");
  EXPECT_ERROR(make_dataset(section), kData, "data.folder=PATH");
}

TEST_F(Cifar10Test, NamesAMissingFile) {
  fs::remove(folder_.path() / "data_batch_4.bin");
  EXPECT_ERROR(open(), kData, "data_batch_4.bin");
}

TEST_F(Cifar10Test, CountsTheBytesOfATruncatedFile) {
  folder_.write("data_batch_2.bin", row(1, 0) + row(2, 0).substr(0, 100));
  EXPECT_ERROR(open(), kData, "3173 bytes are 1 rows of 3073 bytes and 100 bytes over");
}

TEST_F(Cifar10Test, RefusesAnEmptyFile) {
  folder_.write("test_batch.bin", "");
  EXPECT_ERROR(open(), kData, "file is empty");
}

TEST_F(Cifar10Test, NamesTheRowOfABadLabel) {
  folder_.write("data_batch_5.bin", row(1, 0) + row(10, 0) + row(2, 0));
  EXPECT_ERROR(open()->open(Split::kTrain), kData, "label 10 in row 1: must be 0 to 9");
  EXPECT_ERROR(open()->open(Split::kTrain), kData, "data_batch_5.bin");
}

TEST_F(Cifar10Test, TakesTheFolderFromTheEnvironment) {
  ::setenv("ASSAY_CIFAR10", folder_.path().c_str(), 1);
  EXPECT_EQ(make_dataset(data_section("name = \"cifar10\""))->open(Split::kTest)->size(), 2);
  ::setenv("ASSAY_CIFAR10", "/nowhere/else", 1);
  EXPECT_ERROR(make_dataset(data_section("name = \"cifar10\"")), kData, "/nowhere/else");
  ::unsetenv("ASSAY_CIFAR10");
}

TEST(Cifar10RealDataTest, ReadsGenuineImages) {
  const char* given = std::getenv("ASSAY_TEST_DATA");
  const fs::path folder =
      fs::path(given != nullptr ? given : ASSAY_SOURCE_DIR "/../shared/data") / "cifar10_lossless_subset";
  if (!fs::is_directory(folder)) GTEST_SKIP() << "no test data in " << folder << "; set ASSAY_TEST_DATA to its folder";
  const auto dataset = make_dataset(data_section("name = \"cifar10\"\nfolder = \"" + folder.string() + "\""));
  const auto train = images_of(*dataset, Split::kTrain);
  const auto test = images_of(*dataset, Split::kTest);
  EXPECT_EQ(train.labels.size(0), 4660);
  EXPECT_EQ(test.labels.size(0), 932);
  EXPECT_EQ(torch::bincount(train.labels).size(0), 10);
  EXPECT_GT(torch::bincount(train.labels).min().item<std::int64_t>(), 350);
  // A sample of the data set has nearly its mean and deviation; a wrong layout would not show in these, but
  // neighbouring pixels would cease to be alike.
  const auto pixels = train.pixels.to(torch::kFloat) / 255;
  EXPECT_NEAR(pixels.mean().item<float>(), 0.4734F, 0.02F);
  const auto across = (pixels.slice(3, 1) - pixels.slice(3, 0, 31)).abs().mean().item<float>();
  const auto down = (pixels.slice(2, 1) - pixels.slice(2, 0, 31)).abs().mean().item<float>();
  EXPECT_LT(across, 0.07F);
  EXPECT_LT(down, 0.07F);
  for (const int channel : {0, 1, 2}) {
    EXPECT_NEAR(pixels.select(1, channel).mean().item<float>(),
                dataset->normalization().mean[static_cast<std::size_t>(channel)], 0.02F);
    EXPECT_NEAR(pixels.select(1, channel).std().item<float>(),
                dataset->normalization().std[static_cast<std::size_t>(channel)], 0.02F);
  }
}

}  // namespace
}  // namespace assay::data
