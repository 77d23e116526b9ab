// Knowledge distillation: trains a network, such as one that lost channels, to say what the network before the first
// step says. Source: Hinton et al., Distilling the Knowledge in a Neural Network, arXiv 1503.02531, section 2.

#include <fmt/format.h>
#include <torch/torch.h>

#include "compress/plugin.h"

namespace assay::compress {
namespace {

struct DistilOptions {
  std::int64_t epochs = 4;
  double rate_factor = 0.3;
  double temperature = 4.0;
  double alpha = 0.7;

  static auto schema() {
    return config::schema<DistilOptions>(
        config::field("epochs", &DistilOptions::epochs, config::at_least(1), "passes over the training images"),
        config::field("rate_factor", &DistilOptions::rate_factor, config::between(0.0, 10.0),
                      "factor on the learning rate of the main training"),
        config::field("temperature", &DistilOptions::temperature, config::between(0.5, 20.0),
                      "by which logits are divided before the softmax; more shows how the teacher ranks wrong classes"),
        config::field("alpha", &DistilOptions::alpha, config::between(0.0, 1.0),
                      "weight of the teacher's answers in the loss; the rest is that of the labels"));
  }
};

/// Computes the loss. The T^2 keeps the size of the gradients whatever the temperature.
train::Loss distillation_loss(std::shared_ptr<models::Model> teacher, const DistilOptions& options) {
  return [teacher = std::move(teacher), options, labels = train::cross_entropy(0.0)](const train::LossInput& input) {
    at::Tensor answers;  // (n, K)
    {
      const torch::NoGradGuard no_grad;
      teacher->to(input.images.device());
      answers = teacher->forward(input.images).to(torch::kFloat) / options.temperature;
    }
    const auto divergence = torch::kl_div(torch::log_softmax(input.logits / options.temperature, 1),
                                          torch::log_softmax(answers, 1), at::Reduction::Sum, /*log_target=*/true) /
                            input.logits.size(0);
    const auto scaled = divergence * (options.temperature * options.temperature);
    return options.alpha * scaled + (1.0 - options.alpha) * labels(input);
  };
}

class Distil final : public Step {
 public:
  explicit Distil(const DistilOptions& options) : options_(options) {}

  std::string name() const override { return "distil"; }

  StepOutput run(const StepInput& input) const override {
    auto model = float_network(input, name()).copy();
    auto teacher = input.teacher->copy();
    teacher->eval();
    input.train(*model, {.epochs = options_.epochs,
                         .rate_factor = options_.rate_factor,
                         .loss = distillation_loss(std::move(teacher), options_),
                         .holds_zeros = input.network.holds_zeros});
    return {{model, nullptr, input.network.holds_zeros},
            {{"epochs", fmt::format("{}", options_.epochs)},
             {"rate_factor", fmt::format("{}", options_.rate_factor)},
             {"temperature", fmt::format("{}", options_.temperature)},
             {"alpha", fmt::format("{}", options_.alpha)}}};
  }

 private:
  DistilOptions options_;
};

}  // namespace

ASSAY_STEP(distil, Distil, DistilOptions)

}  // namespace assay::compress
