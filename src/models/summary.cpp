#include "models/summary.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include <algorithm>
#include <vector>

#include "models/operation.h"

namespace assay::models {
namespace {

struct Row {
  std::string layer, kind, output;
  std::int64_t num_parameters = 0;
  std::int64_t macs = 0;
};

std::string describe_window(std::string_view name, std::int64_t kernel, std::int64_t stride) {
  return fmt::format("{} {}x{}{}", name, kernel, kernel, stride == 1 ? "" : fmt::format(" / {}", stride));
}

std::string describe_kind(const Node& node) {
  const auto name = row_of(node.op).name;
  if (node.op == Op::kMaxPool || node.op == Op::kAveragePool) {
    return describe_window(name, node.window.kernel, node.window.stride);
  }
  if (!node.conv) return std::string(name);
  const auto& options = node.conv->options;
  return describe_window(channel_rule(node) == ChannelRule::kPassed ? "depthwise conv" : name,
                         options.kernel_size()->at(0), options.stride()->at(0));
}

std::int64_t count(const std::vector<at::Tensor>& parameters) {
  std::int64_t total = 0;
  for (const auto& parameter : parameters) total += parameter.numel();
  return total;
}

/// Adds the row of a node, and that of its BatchNorm. Shapes: output (1, C, H, W) or (1, C).
void add_rows(const Node& node, at::IntArrayRef output, std::vector<Row>& rows) {
  Row row{node.name, describe_kind(node), fmt::format("{}", fmt::join(output.slice(1), "x"))};
  if (node.conv) row.num_parameters = count(node.conv->parameters());
  if (node.linear) row.num_parameters = count(node.linear->parameters());
  row.num_parameters += count(node.mixing);
  if (const auto count_macs = row_of(node.op).count_macs; count_macs != nullptr) row.macs = count_macs(node, output);
  rows.push_back(row);
  if (node.batch_norm) {
    rows.push_back({node.norm_name, "batch_norm", row.output, count(node.batch_norm->parameters()), 0});
  }
  if (node.activation != Activation::kNone) rows.back().kind += fmt::format(", {}", row_of(node.activation).name);
}

std::string format_table(const std::vector<Row>& rows) {
  std::vector<std::array<std::string, 5>> lines = {{"layer", "kind", "output", "parameters", "MACs"}};
  for (const auto& row : rows) {
    lines.push_back({row.layer, row.kind, row.output, std::to_string(row.num_parameters), std::to_string(row.macs)});
  }
  std::array<std::size_t, 5> widths{};
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::string text;
  for (const auto& line : lines) {
    text += fmt::format("{:<{}}  {:<{}}  {:<{}}  {:>{}}  {:>{}}\n", line[0], widths[0], line[1], widths[1], line[2],
                        widths[2], line[3], widths[3], line[4], widths[4]);
  }
  return text;
}

}  // namespace

std::string summarise(const Model& model, const std::array<std::int64_t, 3>& image_shape) {
  const torch::NoGradGuard no_grad;
  const auto& graph = model.graph();
  const auto image =
      torch::zeros({1, image_shape[0], image_shape[1], image_shape[2]}, model.parameters().front().device());
  std::vector<Row> rows;
  add_rows(graph.front(), image.sizes(), rows);
  const auto layers = fold_batch_norm(graph);  // leaves the statistics alone, whatever the mode
  run_graph(graph, image, [&](const Node& node, at::ArrayRef<at::Tensor> inputs) {
    auto values = evaluate_folded(node, layers[node.id], inputs);
    add_rows(node, values.sizes(), rows);
    return values;
  });
  Row total{"total", "", ""};
  for (const auto& row : rows) {
    total.num_parameters += row.num_parameters;
    total.macs += row.macs;
  }
  rows.push_back(total);
  return format_table(rows);
}

}  // namespace assay::models
