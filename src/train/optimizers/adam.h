#pragma once

#include "train/optimizers/list_optimizer.h"

namespace assay::train {

/// Kind of weight decay: the gradient of a penalty, scaled by the second moment, or applied to the weights themselves.
enum class DecayKind { kPenalty, kDecoupled };

/// Options of Adam or AdamW; the defaults are those of torch.optim.
template <DecayKind kind>
struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = kind == DecayKind::kPenalty ? 0.0 : 0.01;
  bool decay_norms_and_biases = true;

  static auto schema() {
    return config::schema<AdamOptions>(
        config::field("lr", &AdamOptions::lr, config::between(0.0, 100.0), "base learning rate"),
        config::field("beta1", &AdamOptions::beta1, config::between(0.0, 1.0),
                      "share of the gradients' average kept at each step"),
        config::field("beta2", &AdamOptions::beta2, config::between(0.0, 1.0),
                      "share of the squared gradients' average kept at each step"),
        config::field("eps", &AdamOptions::eps, config::between(0.0, 1.0), "added to the denominator"),
        weight_decay_field<AdamOptions>(
            kind == DecayKind::kPenalty ? "L2 penalty" : "share of the weights that a step at rate 1 removes"),
        decay_norms_and_biases_field<AdamOptions>());
  }
};

using AdamPenaltyOptions = AdamOptions<DecayKind::kPenalty>;
using AdamWOptions = AdamOptions<DecayKind::kDecoupled>;

/// Scales each weight's step by moving averages of its gradient and squared gradient, in LibTorch's fused form.
/// Source: Kingma and Ba, Adam, arXiv 1412.6980, algorithm 1; Loshchilov and Hutter, Decoupled Weight Decay
/// Regularization, arXiv 1711.05101, algorithm 2.
class Adam final : public ListOptimizer {
 public:
  template <DecayKind kind>
  Adam(const AdamOptions<kind>& options, std::vector<Parameter> parameters)
      : ListOptimizer(std::move(parameters), options.lr, {options.weight_decay, options.decay_norms_and_biases},
                      {"exp_avg", "exp_avg_sq"}),
        decay_kind_(kind),
        beta1_(options.beta1),
        beta2_(options.beta2),
        eps_(options.eps) {
    make_counters();
  }

  NamedTensors state() const override;

 private:
  void make_counters();
  void begin_step(std::size_t group) override;
  void update(TensorLists& lists, double learning_rate, double weight_decay) override;

  DecayKind decay_kind_;
  double beta1_;
  double beta2_;
  double eps_;
  std::vector<at::Tensor> num_steps_;  ///< of each group: () float, as required by the kernels
};

}  // namespace assay::train
