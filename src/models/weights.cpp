#include "models/weights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include <map>

#include "core/error.h"
#include "models/safetensors.h"
#include "models/state_dict.h"
#include "models/topology.h"

namespace assay::models {
namespace {

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

constexpr auto kGraphKey = "assay.graph";

/// Tells whether two shapes differ in ones at the end alone, as those of a linear layer and a 1x1 convolution do.
bool have_same_shape(at::IntArrayRef left, at::IntArrayRef right) {
  const auto without_ones = [](at::IntArrayRef shape) {
    while (!shape.empty() && shape.back() == 1) shape = shape.slice(0, shape.size() - 1);
    return shape;
  };
  return without_ones(left) == without_ones(right);
}

/// Says why `value` cannot become `target`, or nothing.
std::string explain_mismatch(const at::Tensor& target, const at::Tensor& value) {
  if (!have_same_shape(target.sizes(), value.sizes()))
    return fmt::format("has shape {}, the model wants {}", fmt::join(value.sizes(), "x"),
                       fmt::join(target.sizes(), "x"));
  if (target.is_floating_point() != value.is_floating_point()) return "is of another kind of number";
  if (value.is_floating_point() && !value.isfinite().all().item<bool>()) return "holds NaN or infinity";
  return "";
}

bool is_safetensors(const std::filesystem::path& file) { return file.extension() == ".safetensors"; }

NamedTensors tensors_of(const Model& model) {
  NamedTensors tensors;
  for (const auto& parameter : model.named_parameters()) tensors.emplace_back(parameter.key(), parameter.value());
  for (const auto& buffer : model.named_buffers()) tensors.emplace_back(buffer.key(), buffer.value());
  return tensors;
}

// `left_alone` begins the names of tensors that are neither wanted nor read.
void assign(Model& model, const NamedTensors& tensors, const std::filesystem::path& file,
            const std::string& left_alone = "") {
  const auto is_wanted = [&](const std::string& name) { return left_alone.empty() || !name.starts_with(left_alone); };
  std::map<std::string, at::Tensor> targets;
  for (const auto& [name, tensor] : tensors_of(model)) {
    if (is_wanted(name)) targets.emplace(name, tensor);
  }
  std::vector<std::string> problems;
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;
  for (const auto& [name, value] : tensors) {
    if (!is_wanted(name)) continue;
    const auto target = targets.find(name);
    if (target == targets.end() && model.passes_over(name)) continue;
    if (target == targets.end()) {
      problems.push_back(name + ": the model has no such tensor, or the file has it twice");
      continue;
    }
    if (const auto why = explain_mismatch(target->second, value); !why.empty()) problems.push_back(name + ": " + why);
    copies.emplace_back(target->second, value);
    targets.erase(target);
  }
  for (const auto& [name, target] : targets) {
    if (!name.ends_with(".num_batches_tracked")) problems.push_back(name + ": missing from the file");
  }
  if (!problems.empty())
    throw Error(ErrorKind::kData, fmt::format("weights do not fit the model:\n  {}", fmt::join(problems, "\n  ")),
                file.string());
  const torch::NoGradGuard no_grad;
  for (auto& [target, value] : copies) target.copy_(value.reshape(target.sizes()));
}

}  // namespace

void load_weights(Model& model, const std::filesystem::path& file, Head head) {
  const auto left_alone = head == Head::kReplace ? model.graph().back().name + "." : "";
  assign(model, is_safetensors(file) ? read_safetensors(file).tensors : read_state_dict(file), file, left_alone);
}

void save_model(const Model& model, const std::filesystem::path& file) {
  write_safetensors(file, {tensors_of(model), {{kGraphKey, format_json(describe_graph(model.graph()))}}});
}

std::shared_ptr<Model> load_model(const std::filesystem::path& file) {
  const auto content = read_safetensors(file);
  const auto graph = content.metadata.find(kGraphKey);
  if (graph == content.metadata.end()) {
    throw Error(ErrorKind::kData, "the file has weights, but no description of their network", file.string(),
                "name the model that they belong to, and load them with model.weights");
  }
  std::shared_ptr<Model> model;
  try {
    model = build_model(parse_json(graph->second, file.string()));
  } catch (const Error& error) {
    throw Error(ErrorKind::kData, error.message(), file.string());
  }
  assign(*model, content.tensors, file);
  model->eval();
  return model;
}

}  // namespace assay::models
