#include "deploy/onnx_graph.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <limits>

#include "core/error.h"
#include "deploy/exporter.h"
#include "deploy/protobuf_writer.h"

namespace assay::deploy {
namespace {

constexpr std::int64_t kIrVersion = 8;
constexpr std::int64_t kOpset = 17;

// TensorProto.DataType
constexpr std::int64_t kFloatType = 1;

std::int64_t data_type(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return kFloatType;
    case at::kByte:
      return 2;
    case at::kChar:
      return 3;
    case at::kInt:
      return 6;
    default:
      throw Error(ErrorKind::kInternal, fmt::format("no ONNX constant of type {}", at::toString(type)));
  }
}

ProtobufWriter encode_tensor(const std::string& name, const at::Tensor& values) {
  const auto flat = values.detach().contiguous();
  ProtobufWriter tensor;
  for (const auto size : flat.sizes()) tensor.add_int(1, size);
  tensor.add_int(2, data_type(flat.scalar_type()));
  tensor.add_bytes(8, name);
  tensor.add_bytes(9, {static_cast<const char*>(flat.const_data_ptr()), flat.nbytes()});
  return tensor;
}

// The number of a value's own field, and AttributeProto.AttributeType in field 20.
void add_value(ProtobufWriter& attribute, std::int64_t value) {
  attribute.add_int(3, value);
  attribute.add_int(20, 2);
}

void add_value(ProtobufWriter& attribute, float value) {
  attribute.add_float(2, value);
  attribute.add_int(20, 1);
}

void add_value(ProtobufWriter& attribute, const std::string& value) {
  attribute.add_bytes(4, value);
  attribute.add_int(20, 3);
}

void add_value(ProtobufWriter& attribute, const std::vector<std::int64_t>& values) {
  for (const auto value : values) attribute.add_int(8, value);
  attribute.add_int(20, 7);
}

/// Describes a float input or output whose first size is free.
ProtobufWriter encode_value_info(const std::string& name, const std::vector<std::int64_t>& sizes) {
  ProtobufWriter batch, shape, tensor_type, type, info;
  batch.add_bytes(2, "batch");
  shape.add_message(1, batch);
  for (const auto size : sizes) {
    ProtobufWriter dimension;
    dimension.add_int(1, size);
    shape.add_message(1, dimension);
  }
  tensor_type.add_int(1, kFloatType);
  tensor_type.add_message(2, shape);
  type.add_message(1, tensor_type);
  info.add_bytes(1, name);
  info.add_message(2, type);
  return info;
}

ProtobufWriter encode_model(const ProtobufWriter& graph, const std::string& info) {
  ProtobufWriter opset, metadata, model;
  opset.add_bytes(1, "");
  opset.add_int(2, kOpset);
  metadata.add_bytes(1, kInfoFile);
  metadata.add_bytes(2, info);
  model.add_int(1, kIrVersion);
  model.add_bytes(2, "assay");
  model.add_message(7, graph);
  model.add_message(8, opset);
  model.add_message(14, metadata);
  return model;
}

}  // namespace

std::string OnnxGraph::unique(const std::string& name) {
  const auto base = fmt::format("{}/{}", scope_, name);
  auto candidate = base;
  for (int i = 2; !names_.insert(candidate).second; ++i) candidate = fmt::format("{}_{}", base, i);
  return candidate;
}

std::string OnnxGraph::add(const std::string& op, std::vector<std::string> inputs, Attributes attributes) {
  nodes_.push_back({op, std::move(inputs), unique(op), std::move(attributes)});
  return nodes_.back().output;
}

std::string OnnxGraph::add_constant(const std::string& name, const at::Tensor& values) {
  constants_.push_back({unique(name), values});
  return constants_.back().name;
}

std::string OnnxGraph::encode(const std::string& result, const Interface& interface) const {
  ProtobufWriter graph;
  const auto called = [&](const std::string& name) { return name == result ? std::string(kOutput) : name; };
  for (const auto& node : nodes_) {
    ProtobufWriter encoded;
    for (const auto& input : node.inputs) encoded.add_bytes(1, called(input));
    encoded.add_bytes(2, called(node.output));
    encoded.add_bytes(3, node.output);
    encoded.add_bytes(4, node.op);
    for (const auto& [name, value] : node.attributes) {
      ProtobufWriter attribute;
      attribute.add_bytes(1, name);
      std::visit([&](const auto& one) { add_value(attribute, one); }, value);
      encoded.add_message(5, attribute);
    }
    graph.add_message(1, encoded);
  }
  graph.add_bytes(2, "assay");
  for (const auto& [name, values] : constants_) graph.add_message(5, encode_tensor(name, values));
  const auto& [channels, height, width] = interface.image_shape;
  graph.add_message(11, encode_value_info(kInput, {channels, height, width}));
  graph.add_message(12, encode_value_info(kOutput, {interface.num_classes}));
  auto bytes = encode_model(graph, interface.info).bytes();
  if (bytes.size() <= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) return bytes;
  throw Error(ErrorKind::kConfig,
              fmt::format("the network takes {} bytes, and an ONNX file holds at most 2 GB", bytes.size()), "",
              "export it as torchscript alone, or use a smaller network");
}

}  // namespace assay::deploy
