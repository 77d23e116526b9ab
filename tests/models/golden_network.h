#pragma once

#include <gtest/gtest.h>
#include <torch/torch.h>

#include <map>
#include <string>

#include "golden/run_python.h"
#include "models/model.h"
#include "models/state_dict.h"
#include "models/weights.h"
#include "temporary_folder.h"

namespace assay::models {

/// Returns the largest difference as a share of the largest expected value. Values below 1e-6 are taken for zeros, such
/// as the gradient of a bias that BatchNorm takes away again.
inline double relative_difference(const at::Tensor& actual, const at::Tensor& expected) {
  return ((actual - expected).abs().max() / expected.abs().max().clamp_min(1e-6)).item<double>();
}

inline void turn_off_chance(Model& model) {
  for (auto node : model.graph()) {
    if (node.dropout) node.dropout->options.p(0.0);
    if (node.stochastic_depth) node.stochastic_depth->rate = 0.0;
  }
}

/// Compares the network of `section` with the one called `name` of tests/golden/`script`, with the same weights: their
/// counts, their outputs in evaluation and training in float32, and all gradients in float64. Skips the test where
/// Python is missing.
inline void expect_what_pytorch_computes(const config::Section& section, const std::string& script,
                                         const std::string& name) {
  if (const auto why = explain_missing_python(); !why.empty()) GTEST_SKIP() << why;
  const TemporaryFolder folder;
  ASSERT_TRUE(run_python(script, name + " " + folder.path().string()));
  std::map<std::string, at::Tensor> golden;
  for (const auto& [tensor_name, tensor] : read_state_dict(folder.path() / "golden.pth")) golden[tensor_name] = tensor;
  const auto model = make_model(section, 10, 1);
  load_weights(*model, folder.path() / "weights.pth");
  turn_off_chance(*model);
  EXPECT_EQ(model->num_parameters(), golden.at("num_parameters").item<std::int64_t>());
  const auto& input = golden.at("input");
  EXPECT_EQ(model->count_macs({3, input.size(2), input.size(3)}), golden.at("macs").item<std::int64_t>());

  {
    const torch::NoGradGuard no_grad;
    const auto floats = input.to(torch::kFloat32, false, false, at::MemoryFormat::ChannelsLast);
    model->eval();
    EXPECT_LE(relative_difference(model->forward(floats), golden.at("output")), 1e-5);
    model->train();
    EXPECT_LE(relative_difference(model->copy()->forward(floats), golden.at("train_output")), 1e-4);
  }
  model->to(torch::kFloat64);
  const auto output = model->forward(input);
  EXPECT_LE(relative_difference(output, golden.at("train_output")), 1e-5);
  (output * golden.at("weighing")).sum().backward();
  for (const auto& parameter : model->named_parameters()) {
    const auto& expected = golden.at("gradient." + parameter.key());
    EXPECT_LE(relative_difference(parameter.value().grad(), expected), 1e-4) << parameter.key();
  }
}

}  // namespace assay::models
