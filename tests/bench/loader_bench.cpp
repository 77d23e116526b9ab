// Loads photographs for ever, an epoch after another: bench_loader FOLDER training|evaluation|cached [MODEL]. FOLDER is
// laid out as `image_folder` needs it. Two workers; 224 pixels; batches of 50. Training crops at random, mirrors, and
// varies colours; evaluation scales and pads, `cached` with ImageCache. MODEL is run on each batch. Writes "epoch
// ended: N images" after each epoch.

#include <fmt/format.h>
#include <torch/torch.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "config/toml.h"
#include "data/dataset.h"
#include "data/image_cache.h"
#include "data/loader.h"
#include "front/freed_memory.h"
#include "models/model.h"
#include "models/model_section.h"

namespace {

using namespace assay;

constexpr std::int64_t kBatch = 50, kNumWorkers = 2;

data::Loader make_loader(const data::Dataset& dataset, std::string_view mode) {
  const data::Preprocessing preprocessing{dataset.image_size(), dataset.normalization()};
  if (mode == "training") {
    data::LoadingOptions options;
    options.loader.num_workers = kNumWorkers;
    options.augment = {"random_resized_crop", "flip", "color_jitter"};
    const std::string jitter = "color_jitter = {brightness = 0.4, contrast = 0.4, saturation = 0.4, hue = 0.1}";
    options.augmentations = {config::parse_toml(jitter, "bench"), "bench", {"bench", 1, 1}};
    return data::Loader::for_training(data::all_samples(dataset.open(data::Split::kTrain)), preprocessing, options,
                                      kBatch, /*seed=*/1);
  }
  auto samples = data::all_samples(dataset.open(data::Split::kTest));
  if (mode == "cached") samples = data::kept_in_memory(samples, preprocessing);
  return data::Loader::for_evaluation(std::move(samples), preprocessing, kBatch, kNumWorkers);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fmt::print(stderr, "usage: bench_loader FOLDER training|evaluation|cached [MODEL]\n");
    return 2;
  }
  if (std::getenv("GLIBC_TUNABLES") == nullptr) {
    front::keep_freed_memory();
    ::execv("/proc/self/exe", argv);
  }
  at::set_num_threads(argc > 3 ? 2 : 1);
  const torch::NoGradGuard no_grad;
  const auto dataset = data::make_dataset(plugin_section("image_folder", {{"folder", std::string(argv[1])}}));
  auto loader = make_loader(*dataset, argv[2]);
  std::shared_ptr<models::Model> model;
  if (argc > 3) model = models::make_model(plugin_section(argv[3]), 10, 1);
  if (model) model->eval();
  for (std::int64_t epoch = 0;; ++epoch) {
    std::int64_t num_images = 0;
    loader.start_epoch(epoch);
    while (const auto batch = loader.next()) {
      if (model) model->forward(batch->images);
      num_images += batch->labels.size(0);
    }
    fmt::print("epoch ended: {} images\n", num_images);
    std::fflush(stdout);
  }
}
