#include "app/sample_images.h"

#include <torch/torch.h>

#include <algorithm>

#include "data/png.h"
#include "eval/class_scores.h"
#include "track/media.h"

namespace assay::app {
namespace {

constexpr std::int64_t kNumImages = 64;
constexpr std::int64_t kColumns = 8;
constexpr std::int64_t kWantedSide = 64;  // pixels on the screen

void log_picture(RunContext& context, const at::Tensor& pixels, const at::Tensor& frames, const std::string& name) {
  const auto scale = std::max<std::int64_t>(1, kWantedSide / pixels.size(2));
  const auto file = context.folder / "images" / (name + ".png");
  data::write_png(data::mosaic(pixels, frames, kColumns, scale), file);
  track::log_image(context.run, file, name, 0);
}

/// Shapes: (N, 3, H, W) float, normalised -> the same, uint8.
at::Tensor to_pixels(const at::Tensor& images, const data::Normalization& normalization) {
  const auto mean = torch::tensor({normalization.mean[0], normalization.mean[1], normalization.mean[2]});
  const auto std = torch::tensor({normalization.std[0], normalization.std[1], normalization.std[2]});
  const auto values = images * std.view({1, 3, 1, 1}) + mean.view({1, 3, 1, 1});
  return (values * 255.0).round().clamp(0, 255).to(torch::kUInt8);
}

/// Shapes: right (N) bool -> (N, 3) uint8.
at::Tensor verdict_colors(const at::Tensor& right) {
  const auto green = torch::tensor({0, 158, 115}, torch::kUInt8);
  const auto red = torch::tensor({213, 0, 50}, torch::kUInt8);
  return torch::where(right.unsqueeze(1), green, red);
}

track::Table class_table(const ClassificationData& data, const at::Tensor& predictions) {
  const auto scores = eval::score_classes(data.test.labels(), predictions, data.num_classes());
  track::Table table{"classes.json",
                     {"class", "images", "right", "accuracy", "precision", "F1", "most often taken for", "so often"},
                     {}};
  for (std::size_t label = 0; label < scores.classes.size(); ++label) {
    const auto& one = scores.classes[label];
    const auto place = static_cast<std::int64_t>(label);
    auto row = scores.confusion[place].clone();  // (K)
    row[place] = 0;
    const auto num_wrong = row.max().item<std::int64_t>();
    const auto other = static_cast<std::size_t>(row.argmax().item<std::int64_t>());
    table.rows.push_back({data.class_names[label], one.num_images, one.num_correct, one.recall, one.precision, one.f1,
                          num_wrong == 0 ? "" : data.class_names[other], num_wrong});
  }
  return table;
}

}  // namespace

void log_augmented_images(RunContext& context, const ClassificationData& data, data::Loader& loader) {
  loader.start_epoch(0);
  const auto batch = loader.next();
  if (!batch) return;
  const auto images = batch->images.narrow(0, 0, std::min(kNumImages, batch->images.size(0)));
  const auto frames = torch::full({images.size(0), 3}, 255, torch::kUInt8);
  log_picture(context, to_pixels(images, data.preprocessing.normalization), frames, "augmented_batch");
}

void log_predictions(RunContext& context, const ClassificationData& data, const at::Tensor& predictions) {
  const auto count = std::min(kNumImages, predictions.size(0));
  auto first = data.test;
  first.places.resize(static_cast<std::size_t>(count));
  const auto right = predictions.narrow(0, 0, count).eq(first.labels());
  log_picture(context, data::read_pixels(first, data.preprocessing), verdict_colors(right), "test_predictions");
  track::log_tables(context.run, context.folder / "tables", {class_table(data, predictions)});
}

}  // namespace assay::app
