// The int8 operators of LibTorch, which have no C++ declarations: they are found by name in its dispatcher, with the
// very signature with which they were registered.

#include "compress/quantized_ops.h"

#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/cpu/Utils.h>
#include <torch/torch.h>

#include <algorithm>
#include <limits>

#include "core/error.h"

namespace assay::compress {
namespace {

template <typename Signature>
c10::TypedOperatorHandle<Signature> find_operator(const char* name, const char* overload = "") {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload).typed<Signature>();
}

using IntList = torch::List<std::int64_t>;
using ConvSignature = at::Tensor(at::Tensor, const ConvWeights&, double, std::int64_t);
using LinearSignature = at::Tensor(at::Tensor, const LinearWeights&, double, std::int64_t);
using BinarySignature = at::Tensor(at::Tensor, at::Tensor, double, std::int64_t);

at::QEngine find_engine(std::string_view name) {
  if (name == "fbgemm") return at::QEngine::FBGEMM;
  if (name == "x86") return at::QEngine::X86;
  if (name == "onednn") return at::QEngine::ONEDNN;
  throw Error(ErrorKind::kConfig, "no int8 engine \"" + std::string(name) + "\"", "", "one of: fbgemm, x86, onednn");
}

}  // namespace

EngineScope::EngineScope(std::string_view engine) : before_(at::globalContext().qEngine()) {
  if (engine.empty()) return;
  const auto wanted = find_engine(engine);
  const auto& supported = at::globalContext().supportedQEngines();
  if (std::find(supported.begin(), supported.end(), wanted) == supported.end())
    throw Error(ErrorKind::kConfig, "this build of LibTorch has no int8 engine \"" + std::string(engine) + "\"");
  at::globalContext().setQEngine(wanted);
}

EngineScope::~EngineScope() { at::globalContext().setQEngine(before_); }

bool has_exact_int8_products() { return at::cpu::is_avx512_vnni_supported(); }

std::int64_t largest_grouped_weight(std::string_view engine, std::int64_t max_level) {
  if (engine == "onednn") return 127;
  constexpr std::int64_t kMaxPairSum = std::numeric_limits<std::int16_t>::max();
  return std::min<std::int64_t>(127, kMaxPairSum / (2 * max_level));
}

at::Tensor quantize_weight(const at::Tensor& weight, std::int64_t largest) {
  const auto extremes = weight.abs().flatten(1).amax(1).clamp_min(1e-8);  // (output channels)
  const auto scales = (extremes / static_cast<double>(largest)).to(at::kDouble);
  return at::quantize_per_channel(weight, scales, at::zeros({weight.size(0)}, at::kLong), 0, at::kQInt8);
}

ConvWeights pack_conv(const models::Node& node, const at::Tensor& quantized_weight, const at::Tensor& bias) {
  using Signature = ConvWeights(at::Tensor, std::optional<at::Tensor>, IntList, IntList, IntList, std::int64_t);
  static const auto prepack = find_operator<Signature>("quantized::conv2d_prepack");
  const auto& options = node.conv->options;
  const auto& padding = *std::get_if<torch::ExpandingArray<2>>(&options.padding());
  const auto list = [](const torch::ExpandingArray<2>& pair) { return IntList({pair->at(0), pair->at(1)}); };
  return prepack.call(quantized_weight, bias, list(options.stride()), list(padding), list(options.dilation()),
                      options.groups());
}

LinearWeights pack_linear(const at::Tensor& quantized_weight, const at::Tensor& bias) {
  static const auto prepack =
      find_operator<LinearWeights(at::Tensor, std::optional<at::Tensor>)>("quantized::linear_prepack");
  return prepack.call(quantized_weight, bias);
}

at::Tensor conv(const at::Tensor& input, const ConvWeights& weights, QuantParams output, bool relu) {
  static const auto plain = find_operator<ConvSignature>("quantized::conv2d", "new");
  static const auto fused = find_operator<ConvSignature>("quantized::conv2d_relu", "new");
  return (relu ? fused : plain).call(input, weights, output.scale, output.zero_point);
}

at::Tensor linear(const at::Tensor& input, const LinearWeights& weights, QuantParams output, bool relu) {
  static const auto plain = find_operator<LinearSignature>("quantized::linear");
  static const auto fused = find_operator<LinearSignature>("quantized::linear_relu");
  return (relu ? fused : plain).call(input, weights, output.scale, output.zero_point);
}

at::Tensor multiply(const at::Tensor& left, const at::Tensor& right, QuantParams output) {
  static const auto handle = find_operator<BinarySignature>("quantized::mul");
  return handle.call(left, right, output.scale, output.zero_point);
}

at::Tensor add(const at::Tensor& left, const at::Tensor& right, QuantParams output, bool relu) {
  static const auto plain = find_operator<BinarySignature>("quantized::add");
  static const auto fused = find_operator<BinarySignature>("quantized::add_relu");
  return (relu ? fused : plain).call(left, right, output.scale, output.zero_point);
}

at::Tensor linear_dynamic(const at::Tensor& input, const LinearWeights& weights, bool reduce_range) {
  static const auto handle =
      find_operator<at::Tensor(at::Tensor, const LinearWeights&, bool)>("quantized::linear_dynamic");
  return handle.call(input, weights, reduce_range);
}

}  // namespace assay::compress
