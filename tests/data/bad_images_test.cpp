// Images, folders and lists as they come from the world: each is read, or refused with its name.

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <torch/torch.h>

#include "data/data_section.h"
#include "data/dataset.h"
#include "data/image_file.h"
#include "data/image_files.h"
#include "data/image_tree.h"
#include "data/photo.h"
#include "expect_error.h"

namespace assay::data {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

std::vector<std::string> names_of(const Dataset& dataset, Split split) {
  return dynamic_cast<const ImageFiles&>(*dataset.open(split)).names();
}

/// Returns the most memory that this process has ever had. Units: bytes.
std::int64_t peak_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss * std::int64_t{1024};
}

/// Returns a PPM file of pixels that repeat 0 to 250.
std::string ppm(int height, int width) {
  auto text = "P6 " + std::to_string(width) + " " + std::to_string(height) + " 255\n";
  const auto num_bytes = static_cast<std::int64_t>(height) * width * 3;
  for (std::int64_t i = 0; i < num_bytes; ++i) text += static_cast<char>(i % 251);
  return text;
}

class BadImageTest : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
};

TEST_F(BadImageTest, DamageIsReadOrRefusedByName) {
  const auto whole = jpeg_of(photo(1, 40, 50));
  for (std::size_t i = 0; i < whole.size(); i += 1 + whole.size() / 150) {
    auto changed = whole;
    for (std::size_t j = i; j < std::min(i + 8, changed.size()); ++j) changed[j] = static_cast<char>(251 * (j + 1));
    try {
      read_image(folder_.write("damaged.jpg", changed));
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::kData);
      ASSERT_THAT(error.location(), ::testing::EndsWith("damaged.jpg"));
    }
  }
}

TEST_F(BadImageTest, WhatIsNoImageIsRefusedByName) {
  for (const std::string text :
       {"", "hello, I am text\n", "\xff\xd8", "\xff\xd8\xff\xe0 and no more", "\x89PNG\r\n\x1a\n", "GIF89a", "BM",
        "RIFF....WEBP", "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"9\" height=\"9\"/>", "%PDF-1.4\n"}) {
    const auto file = folder_.write("text.jpg", text);
    EXPECT_ERROR(read_image(file), kData, "text.jpg");
  }
}

TEST_F(BadImageTest, ContentCountsNotTheName) {
  const auto bytes = jpeg_of(photo(2, 40, 50));
  const auto expected = read_image(folder_.write("photo.jpg", bytes));
  EXPECT_TRUE(torch::equal(read_image(folder_.write("photo.png", bytes)), expected));
  EXPECT_TRUE(torch::equal(read_image(folder_.write("bmp.jpg", bmp_of_colour(3, 4, 9, 8, 7))),
                           torch::tensor({9, 8, 7}, torch::kByte).view({3, 1, 1}).expand({3, 3, 4})));
}

TEST_F(BadImageTest, OnePixelFillsAnImage) {
  const auto image = read_image(folder_.write("one.bmp", bmp_of_colour(1, 1, 10, 20, 30)));
  for (const auto* fit : {"pad", "crop", "stretch"}) {
    const auto fitted = fit_image(image, {16, 16}, fit);
    EXPECT_TRUE(torch::equal(fitted, image.expand({3, 16, 16}))) << fit;
  }
}

// The header of a small file claims 20,000 x 20,000 pixels.
TEST_F(BadImageTest, MoreThanTheMostPixelsAreRefusedUnread) {
  auto bytes = jpeg_of(photo(3, 40, 50));
  const auto frame = bytes.find("\xff\xc0");
  ASSERT_NE(frame, std::string::npos);
  bytes.replace(frame + 5, 4, "\x4e\x20\x4e\x20");
  EXPECT_ERROR(read_image(folder_.write("huge.jpg", bytes), {224, 224}), kData,
               "20000 x 20000 pixels; at most 250 million");
  EXPECT_ERROR(read_image(folder_.write("long.ppm", "P6 2000000 1 255\n")), kData, "2000000 x 1 pixels");
}

// Whole, the crop of a strip would take terabytes, and its stretched form 1.2 GB between the two passes.
TEST_F(BadImageTest, LongStripsTakeLittleMemory) {
  constexpr std::int64_t kMostBytes = 700'000'000;
  const auto before = peak_memory();
  const auto wide = read_image(folder_.write("wide.ppm", ppm(1, 1'000'000)));
  const auto tall = read_image(folder_.write("tall.ppm", ppm(1'000'000, 1)));
  for (const auto* fit : {"pad", "crop", "stretch"}) {
    EXPECT_EQ(fit_image(wide, {96, 96}, fit).sizes(), (at::IntArrayRef{3, 96, 96})) << fit;
    EXPECT_EQ(fit_image(tall, {96, 96}, fit).sizes(), (at::IntArrayRef{3, 96, 96})) << fit;
  }
  EXPECT_LT(peak_memory() - before, kMostBytes);
}

// Of an image of one row all rows are made alike, whether at once or some at a time.
TEST_F(BadImageTest, RowsMadeInTurnsAreThoseMadeAtOnce) {
  const auto strip = read_image(folder_.write("strip.ppm", ppm(1, 200'000)));
  EXPECT_TRUE(torch::equal(scale_image(strip, {96, 96}), scale_image(strip, {1, 96}).expand({3, 96, 96})));
}

TEST_F(BadImageTest, TheCroppedPartHasTheBitsOfTheWhole) {
  const auto image = photo(4, 60, 90);
  EXPECT_TRUE(torch::equal(fit_image(image, {32, 32}, "crop"), scale_image(image, {32, 48}).narrow(2, 8, 32)));
  const auto turned = image.transpose(1, 2);
  EXPECT_TRUE(torch::equal(fit_image(turned, {32, 32}, "crop"), scale_image(turned, {48, 32}).narrow(1, 8, 32)));
}

class BadFolderTest : public ::testing::Test {
 protected:
  BadFolderTest() {
    write_images(folder_, "train/", 2);
    write_images(folder_, "test/", 1);
  }

  std::unique_ptr<Dataset> make() {
    return make_dataset(data_section("name = \"image_folder\"\nfolder = \"" + folder_.path().string() + "\""));
  }

  void link(const std::string& target, const std::string& name) { fs::create_symlink(target, folder_.path() / name); }

  TemporaryFolder folder_;
};

TEST_F(BadFolderTest, WhatSystemsLeaveIsNoImage) {
  for (const auto* name : {"Thumbs.db", ".DS_Store", "._0.bmp", "desktop.ini"}) {
    folder_.write("train/" + std::string(name), "x");
    folder_.write("train/ant/" + std::string(name), "x");
  }
  fs::create_directories(folder_.path() / "train/ant/folder.jpg");
  EXPECT_THAT(make()->class_names(), ElementsAre("ant", "bee"));
  EXPECT_EQ(make()->open(Split::kTrain)->size(), 4);
}

TEST_F(BadFolderTest, NamesMayHoldAnyBytes) {
  const std::vector<std::string> names = {"a b, c.bmp", "comma,1.bmp", "new\nline.bmp", "quote\".bmp", "\xff\xfe.bmp"};
  for (const auto& name : names) folder_.write("test/ant/" + name, bmp_of_colour(2, 2, 1, 2, 3));
  const auto dataset = make();
  const auto source = dataset->open(Split::kTest);
  EXPECT_EQ(source->size(), 7);
  for (std::int64_t place = 0; place < source->size(); ++place) EXPECT_NO_THROW(source->read(place, {}));
  EXPECT_EQ(make()->digest(), dataset->digest());
  folder_.write(
      "train/b\xff"
      "d/0.bmp",
      bmp_of_colour(2, 2, 1, 2, 3));
  EXPECT_ERROR(make(), kData, "that of label 2, is not UTF-8");
}

TEST_F(BadFolderTest, LinksAreFollowedAndLoopsNamed) {
  link("0.bmp", "train/ant/link.bmp");
  EXPECT_EQ(make()->open(Split::kTrain)->size(), 5);
  link("..", "train/ant/up");  // is no image
  EXPECT_EQ(make()->open(Split::kTrain)->size(), 5);
  link("loop.bmp", "train/ant/loop.bmp");
  EXPECT_ERROR(make(), kData, "train/ant/loop.bmp");
  fs::remove(folder_.path() / "train/ant/loop.bmp");
  link("absent.bmp", "train/ant/broken.bmp");
  EXPECT_ERROR(make(), kData, "train/ant/broken.bmp");
  fs::remove(folder_.path() / "train/ant/broken.bmp");
  link("self", "train/self");
  EXPECT_ERROR(make(), kData, "train/self");
  fs::remove(folder_.path() / "train/self");
  link(".", "train/self");  // a class of the classes' folders
  EXPECT_ERROR(make(), kData, "holds no images");
}

TEST_F(BadFolderTest, ALoopForADataSetIsNamed) {
  link("round", "round");
  EXPECT_ERROR(
      make_dataset(data_section("name = \"image_folder\"\nfolder = \"" + (folder_.path() / "round").string() + "\"")),
      kData, "cannot read the folder");
}

class BadListTest : public ::testing::Test {
 protected:
  BadListTest() {
    folder_.write("images/one.bmp", bmp_of_colour(2, 3, 200, 0, 0));
    folder_.write("images/two, or 2.bmp", bmp_of_colour(3, 2, 0, 200, 0));
    folder_.write("classes.txt", "ant\nbee\n");
    folder_.write("train.txt", "one.bmp 0\ntwo, or 2.bmp 1\n");
    folder_.write("test.txt", "one.bmp 0\n");
  }

  std::unique_ptr<Dataset> make() {
    return make_dataset(data_section("name = \"image_list\"\nfolder = \"" + folder_.path().string() + "\""));
  }

  TemporaryFolder folder_;
};

TEST_F(BadListTest, AByteOrderMarkAndWindowsLinesAreLeftOut) {
  folder_.write("classes.txt",
                "\xef\xbb\xbf"
                "ant\r\nbee\r\n");
  folder_.write("train.txt", "\xef\xbb\xbfone.bmp 0\r\ntwo, or 2.bmp 1\r\n");
  const auto dataset = make();
  EXPECT_THAT(dataset->class_names(), ElementsAre("ant", "bee"));
  EXPECT_THAT(names_of(*dataset, Split::kTrain), ElementsAre("images/one.bmp", "images/two, or 2.bmp"));
}

TEST_F(BadListTest, ALineThatPointsNowhereIsNamed) {
  folder_.write("train.txt", "one.bmp 0\n\ntwo.bmp 1\n");
  EXPECT_ERROR(make(), kData, "train.txt:3");
  EXPECT_ERROR(make(), kData, "images/two.bmp, which is no file");
  folder_.write("train.txt", "one.bmp 0\n. 1\n");
  EXPECT_ERROR(make(), kData, "train.txt:2");
}

TEST_F(BadListTest, AnImageHasOneLabel) {
  folder_.write("train.txt", "one.bmp 0\ntwo, or 2.bmp 1\none.bmp 1\n");
  EXPECT_ERROR(make(), kData, "one.bmp has label 1 here and 0 in line 1");
  EXPECT_ERROR(make(), kData, "train.txt:3");
  folder_.write("train.txt", "one.bmp 0\ntwo, or 2.bmp 1\none.bmp 0\n");  // the data check tells
  EXPECT_EQ(make()->open(Split::kTrain)->size(), 3);
}

TEST_F(BadListTest, LabelsAreWithinTheClasses) {
  for (const std::string label : {"2", "-1", "99999999999999999999", "1.0", "0x1"}) {
    folder_.write("train.txt", "one.bmp 0\none.bmp " + label + "\n");
    EXPECT_ERROR(make(), kData, "train.txt:2");
  }
}

}  // namespace
}  // namespace assay::data
