#pragma once

#include <torch/torch.h>

#include "models/model.h"
#include "models/model_section.h"

namespace assay {

/// Draws labelled images of 10 classes: each a smooth field of colours of its own, disturbed by another and by noise.
struct LabelledImages {
  at::Tensor images;  ///< (N, 3, 32, 32)
  at::Tensor labels;  ///< (N)
};

inline LabelledImages draw_images(std::int64_t count, std::uint64_t seed) {
  torch::manual_seed(77);
  const auto prototypes = torch::randn({10, 3, 4, 4});
  torch::manual_seed(seed);
  const auto labels = torch::randint(10, {count});
  const auto fields = prototypes.index_select(0, labels) + 0.7 * torch::randn({count, 3, 4, 4});
  const auto smooth = torch::upsample_bilinear2d(fields, {32, 32}, /*align_corners=*/false);
  return {smooth + 0.2 * torch::randn({count, 3, 32, 32}), labels};
}

/// Trains a network on such images for a moment; in evaluation mode. From here on the test uses one thread, which gives
/// the same network on every machine and does not suffer from a busy one.
inline std::shared_ptr<models::Model> train_small_model(const config::Section& section = small_image_model()) {
  at::set_num_threads(1);
  auto model = models::make_model(section, 10, 5);
  for (const auto& node : model->graph())
    if (node.batch_norm) node.batch_norm.ptr()->options.momentum(0.3);
  torch::optim::Adam optimizer(model->parameters(), 3e-3);
  model->train();
  for (std::uint64_t step = 0; step < 50; ++step) {
    const auto [images, labels] = draw_images(32, 1000 + step);
    optimizer.zero_grad();
    torch::nn::functional::cross_entropy(model->forward(images), labels).backward();
    optimizer.step();
  }
  torch::NoGradGuard no_grad;
  for (std::uint64_t step = 0; step < 10; ++step) model->forward(draw_images(64, 2000 + step).images);
  model->eval();
  return model;
}

}  // namespace assay
