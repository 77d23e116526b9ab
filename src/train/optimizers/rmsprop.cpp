// RMSprop: each weight's step is scaled by a moving average of its squared gradient.
// Source: Tieleman and Hinton, Lecture 6.5, COURSERA: Neural Networks for Machine Learning, 2012; the position of eps,
// the momentum and the L2 penalty are those of torch.optim.RMSprop. LibTorch has no fused kernel for it.

#include <torch/torch.h>

#include "train/optimizers/list_optimizer.h"
#include "train/optimizers/plugin.h"

namespace assay::train {
namespace {

struct RmspropOptions {
  double lr = 0.01;
  double alpha = 0.99;
  double eps = 1e-8;
  double momentum = 0.0;
  double weight_decay = 0.0;
  bool decay_norms_and_biases = true;

  static auto schema() {
    return config::schema<RmspropOptions>(
        config::field("lr", &RmspropOptions::lr, config::between(0.0, 100.0), "base learning rate"),
        config::field("alpha", &RmspropOptions::alpha, config::between(0.0, 1.0),
                      "share of the squared gradients' average kept at each step"),
        config::field("eps", &RmspropOptions::eps, config::between(0.0, 1.0), "added to the denominator"),
        config::field("momentum", &RmspropOptions::momentum, config::between(0.0, 1.0), "share of the last step kept"),
        weight_decay_field<RmspropOptions>("L2 penalty"), decay_norms_and_biases_field<RmspropOptions>());
  }
};

class Rmsprop final : public ListOptimizer {
 public:
  Rmsprop(const RmspropOptions& options, std::vector<Parameter> parameters)
      : ListOptimizer(std::move(parameters), options.lr, {options.weight_decay, options.decay_norms_and_biases},
                      {"square_avg", "momentum"}),
        options_(options) {}

 private:
  void update(TensorLists& lists, double learning_rate, double weight_decay) override {
    auto gradients = lists.gradients;
    if (weight_decay > 0.0) gradients = at::_foreach_add(gradients, lists.values, weight_decay);
    const auto& square_avg = lists.state[0];
    at::_foreach_mul_(square_avg, options_.alpha);
    at::_foreach_addcmul_(square_avg, gradients, gradients, 1.0 - options_.alpha);
    const auto scale = at::_foreach_sqrt(square_avg);
    at::_foreach_add_(scale, options_.eps);
    const auto& momentum = lists.state[1];
    at::_foreach_mul_(momentum, options_.momentum);
    at::_foreach_addcdiv_(momentum, gradients, scale, 1.0);
    at::_foreach_add_(lists.values, momentum, -learning_rate);
  }

  RmspropOptions options_;
};

}  // namespace

ASSAY_OPTIMIZER(rmsprop, Rmsprop, RmspropOptions)

}  // namespace assay::train
