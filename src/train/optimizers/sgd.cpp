// Stochastic gradient descent with momentum, in LibTorch's fused form (one kernel for all parameters).
// Source: Sutskever et al., On the importance of initialization and momentum in deep learning, ICML 2013; weight decay
// (an L2 penalty) and the order of operations are those of torch.optim.SGD.

#include <ATen/ops/_fused_sgd.h>
#include <torch/torch.h>

#include "train/optimizers/list_optimizer.h"
#include "train/optimizers/plugin.h"

namespace assay::train {
namespace {

struct SgdOptions {
  double lr = 0.1;
  double momentum = 0.9;
  bool nesterov = true;
  double weight_decay = 5e-4;
  bool decay_norms_and_biases = true;

  static auto schema() {
    return config::schema<SgdOptions>(
        config::field("lr", &SgdOptions::lr, config::between(0.0, 100.0), "base learning rate"),
        config::field("momentum", &SgdOptions::momentum, config::between(0.0, 1.0), "share of the last step kept"),
        config::field("nesterov", &SgdOptions::nesterov, "use Nesterov momentum"),
        weight_decay_field<SgdOptions>("L2 penalty"), decay_norms_and_biases_field<SgdOptions>());
  }
};

class Sgd final : public ListOptimizer {
 public:
  Sgd(const SgdOptions& options, std::vector<Parameter> parameters)
      : ListOptimizer(std::move(parameters), options.lr, {options.weight_decay, options.decay_norms_and_biases},
                      options.momentum > 0.0 ? std::vector<std::string>{"momentum"} : std::vector<std::string>{}),
        options_(options) {}

 private:
  void update(TensorLists& lists, double learning_rate, double weight_decay) override {
    // The first step of torch.optim.SGD sets the momentum to the gradient, which equals starting from momentum 0.
    const auto momentum = lists.state.empty() ? std::vector<at::Tensor>() : lists.state.front();
    at::_fused_sgd_(lists.values, lists.gradients, momentum, weight_decay, options_.momentum, learning_rate,
                    /*dampening=*/0.0, options_.nesterov && options_.momentum > 0.0, /*maximize=*/false,
                    /*is_first_step=*/false);
  }

  SgdOptions options_;
};

}  // namespace

ASSAY_OPTIMIZER(sgd, Sgd, SgdOptions)

}  // namespace assay::train
