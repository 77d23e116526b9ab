// The procedural data set: ten kinds of household objects in random scenes, drawn when they are asked for.

#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/remainder.h>

#include "core/sha256.h"
#include "core/stop.h"
#include "data/household_scene.h"
#include "data/household_sketches.h"
#include "data/plugin.h"

namespace assay::data {
namespace {

struct ShapesOptions {
  std::int64_t image_size = 32;
  std::int64_t num_train = 12000;
  std::int64_t num_test = 2000;
  std::int64_t seed = 1;

  static auto schema() {
    return config::schema<ShapesOptions>(
        config::field("image_size", &ShapesOptions::image_size, config::between(8, 1024).in("pixels"),
                      "width and height"),
        config::field("num_train", &ShapesOptions::num_train, config::between(10, 10'000'000),
                      "training images, the classes in turn"),
        config::field("num_test", &ShapesOptions::num_test, config::between(10, 10'000'000), "test images"),
        config::field("seed", &ShapesOptions::seed, config::at_least(0), "which pictures; apart from the run's seed"));
  }
};

class Shapes final : public Dataset {
 public:
  explicit Shapes(const ShapesOptions& options) : options_(options) {}

  std::shared_ptr<const Source> open(Split split) const override {
    if (split == Split::kValidation) return nullptr;
    const std::int64_t num_images = split == Split::kTrain ? options_.num_train : options_.num_test;
    const std::int64_t size = options_.image_size;
    auto images = at::empty({num_images, 3, size, size}, at::kByte);
    auto image_labels = labels(split);
    auto* pixels = images.mutable_data_ptr<std::uint8_t>();
    const auto* label = image_labels.const_data_ptr<std::int64_t>();
    const auto part = split == Split::kTrain ? 0U : 1U;
    at::parallel_for(0, num_images, 16, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        throw_if_stopped();
        render_household_scene(static_cast<std::uint64_t>(options_.seed), part, static_cast<std::uint64_t>(i),
                               static_cast<int>(label[i]), static_cast<int>(size), pixels + i * 3 * size * size);
      }
    });
    return std::make_shared<MemorySource>(std::move(images), std::move(image_labels));
  }

  at::Tensor labels(Split split) const override {
    const auto num_images = split == Split::kTrain ? options_.num_train : options_.num_test;
    return at::arange(num_images, at::kLong).remainder(static_cast<std::int64_t>(household_names().size()));
  }

  ImageSize image_size() const override { return {options_.image_size, options_.image_size}; }

  const std::vector<std::string>& class_names() const override { return household_names(); }

  Normalization normalization() const override { return {{0.4408F, 0.4429F, 0.4434F}, {0.2024F, 0.2036F, 0.2032F}}; }

  std::string digest() const override {
    return sha256(fmt::format("shapes version={} image_size={} num_train={} num_test={} seed={}", kSceneVersion,
                              options_.image_size, options_.num_train, options_.num_test, options_.seed));
  }

  std::string description() const override {
    return fmt::format("drawn household objects, {0}x{0}, {1} training and {2} test images, seed {3}",
                       options_.image_size, options_.num_train, options_.num_test, options_.seed);
  }

 private:
  ShapesOptions options_;
};

}  // namespace

ASSAY_DATASET(shapes, Shapes, ShapesOptions)

}  // namespace assay::data
