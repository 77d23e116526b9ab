// Stochastic gradient descent with momentum, in LibTorch's fused form (one kernel for all parameters).
// Source: Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013; weight decay
// is the L2 penalty of torch.optim.SGD, and so is the order of operations.

#include <ATen/ops/_fused_sgd.h>
#include <torch/torch.h>

#include "train/optimizers/plugin.h"

namespace assay::train {
namespace {

struct SgdOptions {
  double lr = 0.1;
  double momentum = 0.9;
  bool nesterov = true;
  double weight_decay = 5e-4;

  static auto schema() {
    return config::schema<SgdOptions>(
        config::field("lr", &SgdOptions::lr, config::between(0.0, 100.0), "base learning rate"),
        config::field("momentum", &SgdOptions::momentum, config::between(0.0, 1.0),
                      "share of the last step that is kept"),
        config::field("nesterov", &SgdOptions::nesterov, "look ahead by the momentum"),
        config::field("weight_decay", &SgdOptions::weight_decay, config::between(0.0, 1.0), "L2 penalty"));
  }
};

class Sgd final : public Optimizer {
 public:
  Sgd(const SgdOptions& options, std::vector<Parameter> parameters)
      : Optimizer(std::move(parameters)), options_(options) {
    for (const auto& parameter : parameters_) momentum_.push_back(torch::zeros_like(parameter.value));
  }

  void step(double factor) override {
    const torch::NoGradGuard no_grad;
    std::vector<at::Tensor> parameters, gradients, momentum;
    for (std::size_t i = 0; i < parameters_.size(); ++i) {
      const auto& value = parameters_[i].value;
      if (!value.grad().defined()) continue;
      parameters.push_back(value);
      gradients.push_back(value.grad());
      momentum.push_back(momentum_[i]);
    }
    if (parameters.empty()) return;
    // A first step of torch.optim.SGD sets the momentum to the gradient: with momentum 0 before, that is the same.
    at::_fused_sgd_(parameters, gradients, momentum, options_.weight_decay, options_.momentum, options_.lr * factor,
                    /*dampening=*/0.0, options_.nesterov && options_.momentum > 0.0, /*maximize=*/false,
                    /*is_first_step=*/false);
  }

  double learning_rate() const override { return options_.lr; }

  NamedTensors state() const override {
    NamedTensors state;
    for (std::size_t i = 0; i < parameters_.size(); ++i)
      state.emplace_back("momentum." + parameters_[i].name, momentum_[i]);
    return state;
  }

 private:
  SgdOptions options_;
  std::vector<at::Tensor> momentum_;
};

}  // namespace

ASSAY_OPTIMIZER(sgd, Sgd, SgdOptions)

}  // namespace assay::train
