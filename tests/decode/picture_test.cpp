#include "decode/picture.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <thread>
#include <vector>

#include "decode/jpeg.h"
#include "decode/resample.h"
#include "expect_error.h"
#include "golden/run_python.h"
#include "temporary_folder.h"

namespace assay::decode {
namespace {

struct Pixels {
  int height = 0, width = 0;
  std::vector<std::uint8_t> rows;
};

Pixels pixels_of(const Picture& picture) {
  const auto size = static_cast<std::ptrdiff_t>(picture.height) * picture.width * 3;
  return {picture.height, picture.width, {picture.rows.get(), picture.rows.get() + size}};
}

Pixels read_ppm(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::string magic;
  int largest = 0;
  Pixels pixels;
  stream >> magic >> pixels.width >> pixels.height >> largest;
  stream.get();
  pixels.rows.assign(std::istreambuf_iterator<char>(stream), {});
  return pixels;
}

/// Returns the mean and the largest difference between the values of two images.
std::pair<double, int> difference(const Pixels& actual, const Pixels& expected) {
  EXPECT_EQ(actual.height, expected.height);
  EXPECT_EQ(actual.width, expected.width);
  if (actual.rows.size() != expected.rows.size() || actual.rows.empty()) return {1e9, 256};
  double sum = 0.0;
  int largest = 0;
  for (std::size_t i = 0; i < actual.rows.size(); ++i) {
    const auto difference = std::abs(actual.rows[i] - expected.rows[i]);
    sum += difference;
    largest = std::max(largest, difference);
  }
  return {sum / static_cast<double>(actual.rows.size()), largest};
}

class PictureTest : public ::testing::Test {
 protected:
  /// Returns why there are no files made by Pillow to compare with; empty if there are.
  std::string explain_missing_files() {
    if (auto why = explain_missing_python(); !why.empty()) return why;
    return run_python("image_files.py", folder_.path().string()) ? "" : "tests/golden/image_files.py failed";
  }

  void expect_as_pillow(const std::string& name, double mean, int largest) {
    const auto file = folder_.path() / name;
    const auto expected = read_ppm(std::filesystem::path(file).replace_extension(".ppm"));
    const auto [actual_mean, actual_largest] = difference(pixels_of(read_picture(file, 0, 0)), expected);
    EXPECT_LE(actual_mean, mean) << name;
    EXPECT_LE(actual_largest, largest) << name;
  }

  TemporaryFolder folder_;
};

TEST_F(PictureTest, SeesWhatPillowSees) {
  if (const auto why = explain_missing_files(); !why.empty()) GTEST_SKIP() << why;
  for (const auto* lossless :
       {"png.png", "bmp.bmp", "tiff.tif", "webp.webp", "palette.gif", "frames.gif", "palette.png", "bilevel.png"}) {
    expect_as_pillow(lossless, 0.0, 0);
  }
  expect_as_pillow("deep.png", 0.5, 1);
  expect_as_pillow("alpha.png", 0.6, 2);
  expect_as_pillow("profile.png", 0.6, 2);
  expect_as_pillow("broken_profile.png", 0.0, 0);
  expect_as_pillow("jpeg.jpg", 0.5, 4);
  expect_as_pillow("grey.jpg", 0.5, 2);
  expect_as_pillow("turned.jpg", 0.5, 4);
}

TEST_F(PictureTest, ScalesAsPillowDoes) {
  if (const auto why = explain_missing_files(); !why.empty()) GTEST_SKIP() << why;
  const auto picture = read_picture(folder_.path() / "jpeg.jpg", 0, 0);
  for (const auto& [height, width] : {std::pair(30, 45), std::pair(20, 20), std::pair(90, 120)}) {
    const auto scaled = resample(picture.rows.get(), picture.height, picture.width, height, width);
    const auto name = "scaled_" + std::to_string(height) + "x" + std::to_string(width) + ".ppm";
    const auto [mean, largest] = difference({height, width, scaled}, read_ppm(folder_.path() / name));
    EXPECT_LE(mean, 0.25) << name;
    EXPECT_LE(largest, 1) << name;
  }
}

TEST_F(PictureTest, DecodesLargeJpegsSmaller) {
  if (const auto why = explain_missing_files(); !why.empty()) GTEST_SKIP() << why;
  const auto file = folder_.path() / "jpeg.jpg";  // 60 x 90
  EXPECT_EQ(read_picture(file, 16, 16).height, 60);
  EXPECT_EQ(read_picture(file, 15, 20).height, 30);
  EXPECT_EQ(read_picture(file, 7, 7).height, 15);
  EXPECT_EQ(read_picture(file, 3, 5).height, 7);
}

TEST_F(PictureTest, TellsTheFullSizeOfWhatWasDecodedSmaller) {
  if (const auto why = explain_missing_files(); !why.empty()) GTEST_SKIP() << why;
  for (const std::string name : {"jpeg.jpg", "turned.jpg", "png.png"}) {
    const auto full = read_picture(folder_.path() / name, 0, 0), small = read_picture(folder_.path() / name, 3, 3);
    EXPECT_EQ(full.full_height, full.height) << name;
    EXPECT_EQ(full.full_width, full.width) << name;
    EXPECT_EQ(small.full_height, full.height) << name;
    EXPECT_EQ(small.full_width, full.width) << name;
  }
}

// The fast path gives the same result as libvips at every size; "turned.jpg" has an Exif header, so it takes the other
// path.
TEST_F(PictureTest, PlainJpegsHaveTheBitsOfLibvips) {
  if (const auto why = explain_missing_files(); !why.empty()) GTEST_SKIP() << why;
  for (const std::string name : {"jpeg.jpg", "grey.jpg"}) {
    std::ifstream stream(folder_.path() / name, std::ios::binary);
    std::string bytes(std::istreambuf_iterator<char>(stream), {});
    bytes.insert(2, std::string("\xff\xe1\0\x08"
                                "Exif\0\0",
                                10));  // an empty Exif header
    const auto other = folder_.write("exif.jpg", bytes);
    for (const int needed : {0, 15, 7, 3}) {
      const auto plain = read_plain_jpeg(folder_.path() / name, needed, needed);
      ASSERT_TRUE(plain.has_value());
      EXPECT_FALSE(read_plain_jpeg(other, needed, needed).has_value());
      const auto [mean, largest] = difference(pixels_of(*plain), pixels_of(read_picture(other, needed, needed)));
      EXPECT_EQ(largest, 0) << name << " " << needed << " " << mean;
    }
  }
  for (const auto* name : {"turned.jpg", "cmyk.jpg", "png.png"}) {
    EXPECT_FALSE(read_plain_jpeg(folder_.path() / name, 0, 0).has_value()) << name;
  }
}

TEST_F(PictureTest, NamesTheFileThatCannotBeRead) {
  const auto text = folder_.write("text.png", "no image");
  EXPECT_ERROR(read_picture(text, 0, 0), kData, "the image cannot be read");
  EXPECT_ERROR(read_picture(text, 0, 0), kData, "text.png");
  EXPECT_ERROR(read_picture(folder_.write("empty.jpg", ""), 0, 0), kData, "empty.jpg");
  EXPECT_ERROR(read_picture(folder_.path() / "absent.jpg", 0, 0), kData, "absent.jpg");
  EXPECT_ERROR(read_picture(folder_.path(), 0, 0), kData, "the image cannot be read");
}

TEST_F(PictureTest, RefusesTruncatedFiles) {
  if (const auto why = explain_missing_files(); !why.empty()) GTEST_SKIP() << why;
  for (const std::string name : {"jpeg.jpg", "png.png"}) {
    std::ifstream stream(folder_.path() / name, std::ios::binary);
    const std::string whole(std::istreambuf_iterator<char>(stream), {});
    for (const auto percent : {5, 40, 80}) {
      const auto cut =
          folder_.write("cut_" + name, whole.substr(0, whole.size() * static_cast<std::size_t>(percent) / 100));
      EXPECT_ERROR(read_picture(cut, 0, 0), kData, "cut_" + name);
    }
  }
}

// A header can claim any size; nothing of that size may be allocated.
TEST_F(PictureTest, RefusesHugeImages) {
  const auto file = folder_.write("huge.ppm", "P6 100000 100000 255\n");
  EXPECT_ERROR(read_picture(file, 0, 0), kData, "100000 x 100000 pixels");
}

TEST_F(PictureTest, ReadsFromSeveralThreads) {
  if (const auto why = explain_missing_files(); !why.empty()) GTEST_SKIP() << why;
  const auto expected = pixels_of(read_picture(folder_.path() / "jpeg.jpg", 0, 0)).rows;
  std::atomic<int> num_equal = 0;
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i)
        num_equal += pixels_of(read_picture(folder_.path() / "jpeg.jpg", 0, 0)).rows == expected;
    });
  }
  threads.clear();
  EXPECT_EQ(num_equal, 80);
}

}  // namespace
}  // namespace assay::decode
