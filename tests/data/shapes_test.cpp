#include <torch/torch.h>

#include "core/sha256.h"
#include "data/data_section.h"
#include "data/dataset.h"
#include "data/household_scene.h"
#include "data/memory_images.h"
#include "data/transforms.h"
#include "expect_error.h"

namespace assay::data {
namespace {

std::unique_ptr<Dataset> shapes(const std::string& options) {
  return make_dataset(data_section("name = \"shapes\"\n" + options));
}

std::string hash(const at::Tensor& pixels) {
  return sha256(
      {reinterpret_cast<const char*>(pixels.const_data_ptr<std::uint8_t>()), static_cast<std::size_t>(pixels.numel())});
}

TEST(ShapesTest, IsBalancedAndOfTheAskedSize) {
  const auto dataset = shapes("image_size = 20\nnum_train = 200\nnum_test = 30");
  const auto train = images_of(*dataset, Split::kTrain);
  EXPECT_EQ(train.pixels.sizes(), (std::vector<std::int64_t>{200, 3, 20, 20}));
  EXPECT_TRUE(torch::equal(torch::bincount(train.labels), torch::full({10}, 20)));
  EXPECT_TRUE(torch::equal(torch::bincount(images_of(*dataset, Split::kTest).labels), torch::full({10}, 3)));
  EXPECT_EQ(dataset->class_names().size(), 10U);
}

TEST(ShapesTest, DrawsTheSamePicturesWithAnyThreads) {
  const auto dataset = shapes("num_train = 200");
  const auto reference = images_of(*dataset, Split::kTrain);
  const int num_threads = at::get_num_threads();
  at::set_num_threads(1);
  EXPECT_TRUE(torch::equal(images_of(*dataset, Split::kTrain).pixels, reference.pixels));
  at::set_num_threads(num_threads);
}

// The same with GCC and with Clang, which compute the arguments of a call in opposite orders.
TEST(ShapesTest, DrawsTheSamePicturesWithAnyCompiler) {
  Sha256 all;
  for (const int size : {16, 32, 64}) {
    std::string pixels(static_cast<std::size_t>(3 * size * size), '\0');
    for (std::uint64_t i = 0; i < 200; ++i) {
      render_household_scene(1 + i % 3, i % 2, i, static_cast<int>(i % 10), size,
                             reinterpret_cast<std::uint8_t*>(pixels.data()));
      all.update(pixels);
    }
  }
  EXPECT_EQ(all.finish(), "45882639a0db7482844d130191097ac932694130995ea6d815b6a2f1d51fd35c");
}

TEST(ShapesTest, KnowsLabelsAndSizeWithoutDrawing) {
  const auto dataset = shapes("image_size = 20\nnum_train = 35\nnum_test = 12");
  for (const auto split : {Split::kTrain, Split::kTest}) {
    EXPECT_TRUE(torch::equal(dataset->labels(split), images_of(*dataset, split).labels));
  }
  EXPECT_EQ(dataset->image_size(), (ImageSize{20, 20}));
}

TEST(ShapesTest, ExtendsASmallerSet) {
  const auto small = images_of(*shapes("num_train = 50"), Split::kTrain);
  const auto large = images_of(*shapes("num_train = 90"), Split::kTrain);
  EXPECT_TRUE(torch::equal(large.pixels.slice(0, 0, 50), small.pixels));
}

TEST(ShapesTest, KeepsTestPicturesAndOtherSeedsApart) {
  const auto dataset = shapes("num_train = 20\nnum_test = 20");
  const auto train = images_of(*dataset, Split::kTrain).pixels;
  EXPECT_FALSE(torch::equal(train[0], images_of(*dataset, Split::kTest).pixels[0]));
  EXPECT_FALSE(torch::equal(train[0], images_of(*shapes("num_train = 20\nseed = 2"), Split::kTrain).pixels[0]));
}

TEST(ShapesTest, ChangesItsDigestWithItsOptions) {
  const auto digest = shapes("")->digest();
  EXPECT_EQ(digest, shapes("num_train = 12000")->digest());
  for (const auto* change : {"seed = 2", "image_size = 48", "num_train = 100", "num_test = 100"}) {
    EXPECT_NE(digest, shapes(change)->digest()) << change;
  }
}

TEST(ShapesTest, NormalisesToMeanZeroAndDeviationOne) {
  const auto dataset = shapes("num_train = 2000");
  const auto images = normalize(images_of(*dataset, Split::kTrain).pixels, dataset->normalization());
  for (const int channel : {0, 1, 2}) {
    EXPECT_NEAR(images.select(1, channel).mean().item<float>(), 0.0F, 0.05F);
    EXPECT_NEAR(images.select(1, channel).std().item<float>(), 1.0F, 0.05F);
  }
}

TEST(ShapesTest, RefusesAnImageSizeOutOfRange) {
  EXPECT_ERROR(shapes("image_size = 4"), kConfig, "data.image_size = 4: must be between 8 and 1024");
}

TEST(ShapesTest, DrawsTheCommittedPictures) {
#ifndef __x86_64__
  GTEST_SKIP() << "other processors may contract a*b+c and differ in a last bit";
#endif
  const auto dataset = shapes("num_train = 20\nnum_test = 10");
  EXPECT_EQ(hash(images_of(*dataset, Split::kTrain).pixels),
            "84c9ba0dc19c60b61c79cf2d5d9126440de152bca58868a32b52438374a94869")
      << "raise kSceneVersion when a picture changes";
  EXPECT_EQ(hash(images_of(*dataset, Split::kTest).pixels),
            "45906505b298876de1b1f03b245d5c2a19a6ba13adf2df96e9269e600e734e97");
}

TEST(ShapesTest, DefiesALinearClassifier) {
  const auto dataset = shapes("num_train = 4000\nnum_test = 1000");
  const auto images = [&](const Images& part) {
    return normalize(part.pixels, dataset->normalization()).contiguous().flatten(1);
  };
  const auto train = images_of(*dataset, Split::kTrain);
  const auto test = images_of(*dataset, Split::kTest);
  const auto inputs = images(train);
  const int num_threads = at::get_num_threads();
  at::set_num_threads(1);  // the steps are too small to share
  torch::manual_seed(1);
  torch::nn::Linear classifier(inputs.size(1), 10);
  torch::optim::SGD optimizer(classifier->parameters(),
                              torch::optim::SGDOptions(1e-3).momentum(0.9).weight_decay(0.05));
  for (int step = 0; step < 400; ++step) {
    const auto batch = torch::randint(0, inputs.size(0), {256}, torch::kLong);
    const auto loss = torch::nn::functional::cross_entropy(classifier(inputs.index_select(0, batch)),
                                                           train.labels.index_select(0, batch));
    optimizer.zero_grad();
    loss.backward();
    optimizer.step();
  }
  at::set_num_threads(num_threads);
  torch::NoGradGuard no_grad;
  const auto accuracy = [&](const at::Tensor& part, const at::Tensor& labels) {
    return (classifier(part).argmax(1) == labels).to(torch::kFloat).mean().item<float>();
  };
  RecordProperty("linear_accuracy", std::to_string(accuracy(images(test), test.labels)));
  EXPECT_LT(accuracy(images(test), test.labels), 0.6F);
  EXPECT_GT(accuracy(inputs, train.labels), 0.3F) << "nothing was learned, so that the bound above proves nothing";
}

}  // namespace
}  // namespace assay::data
