#include "models/fused_norm.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/torch.h>

#include <limits>

#include "models/model.h"
#include "models/model_section.h"

namespace assay::models {
namespace {

struct Case {
  std::int64_t num_channels;
  Activation activation;
  bool has_residual;
};

// Holds a layer after a forward and a backward pass.
struct Computed {
  at::Tensor result, values, residual;
  torch::nn::BatchNorm2d norm = nullptr;
};

at::Tensor images(std::int64_t num_channels, std::uint64_t seed) {
  torch::manual_seed(seed);
  const auto spread = torch::linspace(0.1, 3.0, num_channels).view({1, -1, 1, 1});
  return (torch::randn({6, num_channels, 37, 11}) * spread + 5.0 * spread).contiguous(at::MemoryFormat::ChannelsLast);
}

torch::nn::BatchNorm2d make_norm(std::int64_t num_channels) {
  torch::nn::BatchNorm2d norm(torch::nn::BatchNorm2dOptions(num_channels).momentum(0.3));
  const torch::NoGradGuard no_grad;
  norm->weight.copy_(torch::linspace(-1.0, 2.0, num_channels));
  norm->bias.copy_(torch::linspace(1.5, -0.5, num_channels));
  return norm;
}

Computed prepare(const Case& test) {
  Computed computed;
  computed.values = images(test.num_channels, 1).requires_grad_();
  if (test.has_residual) computed.residual = (images(test.num_channels, 2) * 0.1).detach().requires_grad_();
  computed.norm = make_norm(test.num_channels);
  return computed;
}

void differentiate(Computed& computed) {
  (computed.result * images(computed.result.size(1), 3).to(computed.result.scalar_type())).sum().backward();
}

Computed compute(const Case& test) {
  auto computed = prepare(test);
  computed.result = normalise_and_activate(*computed.norm, computed.values, computed.residual, test.activation);
  differentiate(computed);
  return computed;
}

// By LibTorch's functions.
Computed compute_by_libtorch(const Case& test, at::ScalarType type) {
  auto computed = prepare(test);
  computed.norm->to(type);
  computed.values = computed.values.detach().to(type).requires_grad_();
  auto z = computed.norm->forward(computed.values);
  if (test.has_residual) {
    computed.residual = computed.residual.detach().to(type).requires_grad_();
    z = z + computed.residual;
  }
  computed.result = apply_activation(z, test.activation);
  differentiate(computed);
  return computed;
}

double relative_error(const at::Tensor& actual, const at::Tensor& exact) {
  const auto scale = exact.abs().max().item<double>() + 1e-12;
  return (actual.to(torch::kDouble) - exact.to(torch::kDouble)).abs().max().item<double>() / scale;
}

std::vector<std::pair<const char*, at::Tensor>> outcomes(const Computed& computed) {
  std::vector<std::pair<const char*, at::Tensor>> all = {{"result", computed.result},
                                                         {"gradient of the values", computed.values.grad()},
                                                         {"gradient of the weight", computed.norm->weight.grad()},
                                                         {"gradient of the bias", computed.norm->bias.grad()},
                                                         {"running mean", computed.norm->running_mean},
                                                         {"running variance", computed.norm->running_var}};
  if (computed.residual.defined()) all.emplace_back("gradient of the residual", computed.residual.grad());
  return all;
}

// What rounding in float costs is measured with LibTorch's own float functions.
void expect_as_exact_as_libtorch(const Case& test) {
  const auto actual = outcomes(compute(test));
  const auto peer = outcomes(compute_by_libtorch(test, torch::kFloat));
  const auto exact = outcomes(compute_by_libtorch(test, torch::kDouble));
  for (std::size_t i = 0; i < exact.size(); ++i) {
    const auto allowed = std::max(2e-6, 2.0 * relative_error(peer[i].second, exact[i].second));
    EXPECT_LT(relative_error(actual[i].second, exact[i].second), allowed) << exact[i].first;
  }
}

TEST(FusedNormTest, ComputesWhatLibTorchComputes) {
  for (const auto num_channels : {1, 3, 8, 16, 24, 61, 72, 240}) {
    for (const auto activation : {Activation::kNone, Activation::kRelu, Activation::kHardswish}) {
      for (const bool has_residual : {false, true}) {
        const Case test{num_channels, activation, has_residual};
        SCOPED_TRACE(testing::Message() << num_channels << " channels, activation " << static_cast<int>(activation)
                                        << ", residual " << has_residual);
        expect_as_exact_as_libtorch(test);
      }
    }
  }
}

TEST(FusedNormTest, GivesTheSameBitsWithAnyNumberOfThreads) {
  const Case test{24, Activation::kHardswish, false};
  const auto num_threads = at::get_num_threads();
  at::set_num_threads(1);
  const auto one = compute(test);
  at::set_num_threads(4);
  const auto four = compute(test);
  at::set_num_threads(num_threads);
  EXPECT_TRUE(one.result.equal(four.result));
  EXPECT_TRUE(one.values.grad().equal(four.values.grad()));
  EXPECT_TRUE(one.norm->running_var.equal(four.norm->running_var));
}

TEST(FusedNormTest, AveragesPlainlyWithoutMomentum) {
  auto norm = make_norm(8);
  norm->options.momentum(c10::nullopt);
  norm->reset_running_stats();
  const auto first = images(8, 1), second = images(8, 2);
  normalise_and_activate(*norm, first, {}, Activation::kRelu);
  normalise_and_activate(*norm, second, {}, Activation::kRelu);
  EXPECT_LT(relative_error(norm->running_mean, (first.mean({0, 2, 3}) + second.mean({0, 2, 3})) / 2), 1e-6);
  EXPECT_EQ(norm->num_batches_tracked.item<std::int64_t>(), 2);
}

TEST(FusedNormTest, PassesOnWhatIsNoNumber) {
  for (const auto activation : {Activation::kNone, Activation::kRelu, Activation::kHardswish}) {
    auto values = images(16, 1);
    values[3][5][0][0] = std::numeric_limits<float>::quiet_NaN();
    const auto result = normalise_and_activate(*make_norm(16), values, {}, activation);
    EXPECT_TRUE(result.select(1, 5).isnan().all().item<bool>());
    EXPECT_FALSE(result.select(1, 4).isnan().any().item<bool>());
  }
}

TEST(FusedNormTest, LeavesANetworksGradientsAsTheyWere) {
  const auto run = [](at::MemoryFormat format) {
    auto model = make_model(small_image_model(), 10, 1);
    model->train();
    for (auto& parameter : model->parameters()) {
      if (parameter.dim() == 4) parameter.set_data(parameter.contiguous(format));
    }
    torch::manual_seed(4);
    const auto input = torch::rand({16, 3, 32, 32}).contiguous(format);
    torch::manual_seed(5);
    model->forward(input).square().sum().backward();
    return model;
  };
  const auto fused = run(at::MemoryFormat::ChannelsLast);
  const auto plain = run(at::MemoryFormat::Contiguous);  // through LibTorch's functions
  const auto expected = plain->named_parameters();
  for (const auto& parameter : fused->named_parameters()) {
    const auto difference = (parameter.value().grad() - expected[parameter.key()].grad()).norm().item<double>();
    const auto size = expected[parameter.key()].grad().norm().item<double>();
    EXPECT_LT(difference, 1e-3 * size + 1e-5) << parameter.key();
  }
}

}  // namespace
}  // namespace assay::models
