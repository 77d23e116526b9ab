// Trains or evaluates a network on random images for ever: bench_step MODEL training|evaluation BATCH SIDE [KEY=VALUE
// ...] with options of the model. Two threads; training is forward, backward and SGD with momentum. Writes "epoch
// ended: N images" after each ten batches.

#include <ATen/ops/_fused_sgd.h>
#include <fmt/format.h>
#include <torch/torch.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "config/toml.h"
#include "front/freed_memory.h"
#include "models/model.h"

namespace {

using namespace assay;

constexpr int kSteps = 10;

config::Section model_section(int argc, char** argv) {
  auto text = fmt::format("name = \"{}\"\n", argv[1]);
  for (int i = 5; i < argc; ++i) text += std::string(argv[i]) + "\n";
  return {config::parse_toml(text, "bench"), "model", {"bench", 1, 1}};
}

class Training {
 public:
  explicit Training(models::Model& model) : model_(model), parameters_(model.parameters()) {
    for (auto& parameter : parameters_) {
      if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(at::MemoryFormat::ChannelsLast));
      momenta_.push_back(torch::zeros_like(parameter));
    }
  }

  void step(const at::Tensor& images, const at::Tensor& labels) {
    torch::nn::functional::cross_entropy(model_.forward(images), labels).backward();
    std::vector<at::Tensor> parameters, gradients, momenta;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      if (!parameters_[i].grad().defined()) continue;
      parameters.push_back(parameters_[i]);
      gradients.push_back(parameters_[i].grad());
      momenta.push_back(momenta_[i]);
    }
    const torch::NoGradGuard no_grad;
    at::_fused_sgd_(parameters, gradients, momenta, 5e-4, 0.9, 0.01, 0.0, false, false, false);
    for (const auto& parameter : parameters_) parameter.mutable_grad().reset();
  }

 private:
  models::Model& model_;
  std::vector<at::Tensor> parameters_, momenta_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 5) {
    fmt::print(stderr, "usage: bench_step MODEL training|evaluation BATCH SIDE [KEY=VALUE ...]\n");
    return 2;
  }
  if (std::getenv("GLIBC_TUNABLES") == nullptr) {
    front::keep_freed_memory();
    ::execv("/proc/self/exe", argv);
  }
  const bool trains = std::string_view(argv[2]) == "training";
  const auto batch = std::atoll(argv[3]), side = std::atoll(argv[4]);
  at::set_num_threads(2);
  const auto model = models::make_model(model_section(argc, argv), 10, 1);
  model->train(trains);
  Training training(*model);
  const auto images = torch::rand({batch, 3, side, side}).contiguous(at::MemoryFormat::ChannelsLast);
  const auto labels = torch::zeros({batch}, torch::kInt64);
  const c10::AutoGradMode records(trains);
  while (true) {
    for (int i = 0; i < kSteps; ++i) {
      if (trains) {
        training.step(images, labels);
      } else {
        model->forward(images);
      }
    }
    fmt::print("epoch ended: {} images\n", kSteps * batch);
    std::fflush(stdout);
  }
}
