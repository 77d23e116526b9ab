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
  at::Tensor (*apply)(const at::Tensor& pixels);
  int tolerance = 0;  // of a byte
};

at::Tensor apply_random(std::string_view name, const at::Tensor& pixels, double level, double strongest) {
  for (const auto& operation : random_operations()) {
    if (operation.name == name) return operation.apply(pixels, level, strongest);
  }
  throw std::invalid_argument(std::string(name));
}

const std::vector<Change> kChanges = {
    {"brightness", [](const at::Tensor& pixels) { return apply_random("brightness", pixels, 1.0, 0.4); }, 1},
    {"contrast", [](const at::Tensor& pixels) { return apply_random("contrast", pixels, -1.0, 0.7); }, 1},
    {"saturation", [](const at::Tensor& pixels) { return apply_random("color", pixels, 1.0, 0.7); }, 1},
    {"hue",
     [](const at::Tensor& pixels) {
       auto copy = pixels.clone();
       adjust_hue(copy, 0.15);
       return copy;
     },
     1},
    {"hue_back",
     [](const at::Tensor& pixels) {
       auto copy = pixels.clone();
       adjust_hue(copy, -0.4);
       return copy;
     },
     1},
    {"sharpness", [](const at::Tensor& pixels) { return apply_random("sharpness", pixels, 1.0, 0.8); }, 1},
    {"posterize", [](const at::Tensor& pixels) { return apply_random("posterize", pixels, 1.0, 5.0); }},
    {"solarize",
     [](const at::Tensor& pixels) {
       auto copy = pixels.clone();
       solarize(copy, 100.0);
       return copy;
     }},
    {"autocontrast", [](const at::Tensor& pixels) { return apply_random("autocontrast", pixels, 0.0, 0.0); }},
    {"equalize", [](const at::Tensor& pixels) { return apply_random("equalize", pixels, 0.0, 0.0); }},
    {"rotation", [](const at::Tensor& pixels) { return apply_random("rotate", pixels, 1.0, 25.0); }, 1},
    {"shear_x", [](const at::Tensor& pixels) { return apply_random("shear_x", pixels, 1.0, 0.3); }, 1},
    {"shear_y", [](const at::Tensor& pixels) { return apply_random("shear_y", pixels, -1.0, 0.3); }, 1},
    {"translate_x", [](const at::Tensor& pixels) { return apply_random("translate_x", pixels, 0.25, 28.0); }, 1},
    {"translate_y", [](const at::Tensor& pixels) { return apply_random("translate_y", pixels, -0.25, 20.0); }, 1}};

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
