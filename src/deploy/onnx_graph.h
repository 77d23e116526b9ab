#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace assay::deploy {

/// A network in ONNX's terms, as it is built node by node; values go by names.
/// Source: onnx.proto of ONNX 1.12 (IR version 8), operators of opset 17.
class OnnxGraph {
 public:
  static constexpr auto kInput = "images";
  static constexpr auto kOutput = "logits";

  using Attribute = std::variant<std::int64_t, float, std::string, std::vector<std::int64_t>>;
  using Attributes = std::vector<std::pair<std::string, Attribute>>;

  /// Says under which name to add from here on ("features.0.0").
  void enter(std::string scope) { scope_ = std::move(scope); }

  /// Adds a node of one output; returns the output's name.
  std::string add(const std::string& op, std::vector<std::string> inputs, Attributes attributes = {});

  /// Adds a constant of type float, uint8, int8 or int32; returns its name.
  std::string add_constant(const std::string& name, const at::Tensor& values);

  struct Interface {
    std::array<std::int64_t, 3> image_shape{};  ///< (C, H, W)
    std::int64_t num_classes = 0;
    std::string info;  ///< kept as metadata
  };

  /// Encodes the whole file: kInput (N, C, H, W) in, kOutput (N, K) out, which is the value that was called `result`.
  /// N is free. Errors: Error(kConfig) where it exceeds the 2 GB of a protobuf file.
  std::string encode(const std::string& result, const Interface& interface) const;

 private:
  struct Node {
    std::string op;
    std::vector<std::string> inputs;
    std::string output;
    Attributes attributes;
  };
  struct Constant {
    std::string name;
    at::Tensor values;
  };

  std::string unique(const std::string& name);

  std::string scope_;
  std::set<std::string> names_;
  std::vector<Node> nodes_;
  std::vector<Constant> constants_;
};

}  // namespace assay::deploy
