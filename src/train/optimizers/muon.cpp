// Muon replaces the momentum of each weight matrix by the nearest matrix with orthogonal rows or columns, found by the
// Newton-Schulz iteration. Filters count as the rows of a matrix; the last layer, norms and biases use AdamW.
// Source: Jordan et al., Muon: An optimizer for hidden layers in neural networks, 2024,
// https://kellerjordan.github.io/posts/muon/; the order of operations is that of torch.optim.Muon with its "original"
// rule for the learning rate. torch.optim.Muon iterates in bfloat16 everywhere, Assay only on accelerators.

#include <torch/torch.h>

#include <cmath>
#include <map>

#include "train/optimizers/adam.h"
#include "train/optimizers/plugin.h"

namespace assay::train {
namespace {

struct MuonOptions {
  double lr = 0.02;
  double momentum = 0.95;
  bool nesterov = true;
  double weight_decay = 0.01;
  AdamWOptions others;

  static auto schema() {
    return config::schema<MuonOptions>(
        config::field("lr", &MuonOptions::lr, config::between(0.0, 100.0), "base learning rate of the matrices"),
        config::field("momentum", &MuonOptions::momentum, config::between(0.0, 1.0),
                      "share of the gradients' average kept at each step"),
        config::field("nesterov", &MuonOptions::nesterov, "use Nesterov momentum"),
        weight_decay_field<MuonOptions>("share of the matrices that a step at rate 1 removes"),
        config::field("others", &MuonOptions::others, "AdamW for the last layer, norms and biases"));
  }
};

constexpr double kLinear = 3.4445, kCubic = -4.7750, kQuintic = 2.0315;
constexpr int kNumIterations = 5;
constexpr double kSmallestNorm = 1e-7;

/// Moves all singular values close to 1. Shapes: (B, m, n) with m <= n -> the same.
at::Tensor orthogonalize(at::Tensor matrices) {
  matrices = matrices / matrices.norm(2, {1, 2}, /*keepdim=*/true).clamp_min(kSmallestNorm);
  for (int i = 0; i < kNumIterations; ++i) {
    const auto gram = at::bmm(matrices, matrices.mT());                       // (B, m, m)
    const auto polynomial = at::baddbmm(gram, gram, gram, kCubic, kQuintic);  // (B, m, m)
    matrices = at::baddbmm(matrices, polynomial, matrices, kLinear, 1.0);
  }
  return matrices;
}

/// Returns whether Muon changes a parameter: those of two and more dimensions except the last one, which is the head.
std::pair<std::vector<Parameter>, std::vector<Parameter>> split_matrices(const std::vector<Parameter>& parameters) {
  std::vector<Parameter> matrices, others;
  for (const auto& parameter : parameters) (parameter.value.dim() > 1 ? matrices : others).push_back(parameter);
  if (!matrices.empty()) {
    others.push_back(matrices.back());
    matrices.pop_back();
  }
  return {matrices, others};
}

/// Changes only matrices.
class MatrixMuon final : public ListOptimizer {
 public:
  MatrixMuon(const MuonOptions& options, std::vector<Parameter> matrices)
      : ListOptimizer(std::move(matrices), options.lr, {options.weight_decay, true}, {"momentum"}), options_(options) {}

 private:
  void update(TensorLists& lists, double learning_rate, double weight_decay) override {
    const auto& momentum = lists.state[0];
    at::_foreach_lerp_(momentum, lists.gradients, 1.0 - options_.momentum);
    const auto steps = options_.nesterov ? at::_foreach_lerp(lists.gradients, momentum, options_.momentum) : momentum;
    at::_foreach_mul_(lists.values, 1.0 - learning_rate * weight_decay);
    for (const auto& [shape, indices] : group_by_shape(lists.values))
      step_alike(lists.values, steps, shape, indices, learning_rate);
  }

  using Shape = std::pair<std::int64_t, std::int64_t>;  // rows (filters), columns

  static std::map<Shape, std::vector<std::size_t>> group_by_shape(const std::vector<at::Tensor>& values) {
    std::map<Shape, std::vector<std::size_t>> groups;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const auto num_rows = values[i].size(0);
      groups[{num_rows, values[i].numel() / num_rows}].push_back(i);
    }
    return groups;
  }

  static void step_alike(const std::vector<at::Tensor>& values, const std::vector<at::Tensor>& steps, Shape shape,
                         const std::vector<std::size_t>& indices, double learning_rate) {
    const auto [num_rows, num_columns] = shape;
    std::vector<at::Tensor> matrices;
    for (const auto i : indices) matrices.push_back(steps[i].reshape({num_rows, num_columns}));
    auto stack = at::stack(matrices);  // (B, rows, columns)
    if (!stack.is_cpu()) stack = stack.to(at::kBFloat16);
    const bool tall = num_rows > num_columns;
    stack = orthogonalize(tall ? stack.mT() : stack);
    if (tall) stack = stack.mT();
    const auto ratio = static_cast<double>(num_rows) / static_cast<double>(num_columns);
    const auto rate = learning_rate * std::sqrt(std::max(1.0, ratio));
    for (std::size_t i = 0; i < indices.size(); ++i) {
      const auto& value = values[indices[i]];
      value.add_(stack[static_cast<std::int64_t>(i)].reshape(value.sizes()), -rate);
    }
  }

  MuonOptions options_;
};

class Muon final : public Optimizer {
 public:
  Muon(const MuonOptions& options, const std::vector<Parameter>& parameters)
      : Muon(options, parameters, split_matrices(parameters)) {}

  void step(double factor) override {
    matrices_.step(factor);
    others_.step(factor);
  }

  double learning_rate() const override { return matrices_.learning_rate(); }

  NamedTensors state() const override {
    auto tensors = matrices_.state();
    for (auto& tensor : others_.state()) tensors.push_back(std::move(tensor));
    return tensors;
  }

 private:
  using Split = std::pair<std::vector<Parameter>, std::vector<Parameter>>;
  Muon(const MuonOptions& options, std::vector<Parameter> parameters, const Split& split)
      : Optimizer(std::move(parameters)), matrices_(options, split.first), others_(options.others, split.second) {}

  MatrixMuon matrices_;
  Adam others_;
};

}  // namespace

ASSAY_OPTIMIZER(muon, Muon, MuonOptions)

}  // namespace assay::train
