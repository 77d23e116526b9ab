// Changes of colour and warps against torchvision's.

#include <gtest/gtest.h>
#include <torch/torch.h>

#include "core/file.h"
#include "data/pixel_operations.h"
#include "data/random_operation.h"
#include "data/warp.h"
#include "golden/run_python.h"
#include "temporary_folder.h"

namespace assay::data {
namespace {

struct Change {
  const char* name;
  at::Tensor (*apply)(at::Tensor pixels);
  int tolerance = 0;  // of a byte
};

at::Tensor apply_random(std::string_view name, at::Tensor pixels, double level, double strongest) {
  for (const auto& operation : random_operations()) {
    if (operation.name == name) return operation.apply(std::move(pixels), level, strongest);
  }
  throw std::invalid_argument(std::string(name));
}

const std::vector<Change> kChanges = {
    {"brightness", [](at::Tensor pixels) { return apply_random("brightness", pixels, 1.0, 0.4); }, 1},
    {"contrast", [](at::Tensor pixels) { return apply_random("contrast", pixels, -1.0, 0.7); }, 1},
    {"saturation", [](at::Tensor pixels) { return apply_random("color", pixels, 1.0, 0.7); }, 1},
    {"hue",
     [](at::Tensor pixels) {
       adjust_hue(pixels, 0.15);
       return pixels;
     },
     1},
    {"hue_back",
     [](at::Tensor pixels) {
       adjust_hue(pixels, -0.4);
       return pixels;
     },
     1},
    {"sharpness", [](at::Tensor pixels) { return apply_random("sharpness", pixels, 1.0, 0.8); }, 1},
    {"posterize", [](at::Tensor pixels) { return apply_random("posterize", pixels, 1.0, 5.0); }},
    {"solarize",
     [](at::Tensor pixels) {
       solarize(pixels, 100.0);
       return pixels;
     }},
    {"autocontrast", [](at::Tensor pixels) { return apply_random("autocontrast", pixels, 0.0, 0.0); }},
    {"equalize", [](at::Tensor pixels) { return apply_random("equalize", pixels, 0.0, 0.0); }},
    {"rotation", [](at::Tensor pixels) { return apply_random("rotate", pixels, 1.0, 25.0); }, 1},
    {"shear_x", [](at::Tensor pixels) { return apply_random("shear_x", pixels, 1.0, 0.3); }, 1},
    {"shear_y", [](at::Tensor pixels) { return apply_random("shear_y", pixels, -1.0, 0.3); }, 1},
    {"translate_x", [](at::Tensor pixels) { return apply_random("translate_x", pixels, 0.25, 28.0); }, 1},
    {"translate_y", [](at::Tensor pixels) { return apply_random("translate_y", pixels, -0.25, 20.0); }, 1}};

at::Tensor read_pixels_of(const std::filesystem::path& file) {
  auto bytes = read_file(file);
  return torch::from_blob(bytes.data(), {40, 56, 3}, torch::kByte).clone();
}

TEST(AugmentationGoldenTest, ChangesImagesAsTorchvisionDoes) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const TemporaryFolder folder;
  ASSERT_TRUE(run_python("augmentations.py", folder.path().string()));
  const auto image = read_pixels_of(folder.path() / "image.bin");
  for (const auto& change : kChanges) {
    const auto expected = read_pixels_of(folder.path() / (std::string(change.name) + ".bin"));
    EXPECT_FALSE(expected.equal(image)) << change.name;
    const auto difference = (change.apply(image.clone()).to(torch::kInt) - expected.to(torch::kInt)).abs();
    EXPECT_LE(difference.max().item<int>(), change.tolerance) << change.name;
    EXPECT_LE(difference.to(torch::kDouble).mean().item<double>(), 0.06) << change.name;
  }
}

}  // namespace
}  // namespace assay::data
