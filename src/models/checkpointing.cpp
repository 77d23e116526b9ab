#include "models/checkpointing.h"

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "models/float_evaluator.h"

namespace assay::models {
namespace {

// The nodes behind `first` up to `last`: they need no values but that of `first`.
struct Segment {
  const Graph* graph;
  NodeId first;
  NodeId last;

  at::Tensor run(const at::Tensor& input) const {
    std::vector<at::Tensor> values(last - first + 1);
    values.front() = input;
    const FloatEvaluator evaluate(*graph, /*is_training=*/true);
    std::vector<at::Tensor> inputs;
    for (NodeId id = first + 1; id <= last; ++id) {
      const auto& node = (*graph)[id];
      inputs.clear();
      for (const auto source : node.inputs) inputs.push_back(values[source - first]);
      values[id - first] = evaluate(node, inputs);
    }
    return values.back();
  }

  bool needs_gradients() const {
    const auto any = [](const std::vector<at::Tensor>& parameters) {
      return std::any_of(parameters.begin(), parameters.end(), [](const auto& one) { return one.requires_grad(); });
    };
    return std::any_of(graph->begin() + first + 1, graph->begin() + last + 1, [&any](const Node& node) {
      return (node.conv && any(node.conv->parameters())) || (node.batch_norm && any(node.batch_norm->parameters())) ||
             (node.linear && any(node.linear->parameters())) || any(node.mixing);
    });
  }

  std::vector<at::Tensor> batch_norm_buffers() const {
    std::vector<at::Tensor> buffers;
    for (NodeId id = first + 1; id <= last; ++id) {
      const auto& norm = (*graph)[id].batch_norm;
      if (!norm) continue;
      const auto own = norm->buffers();
      buffers.insert(buffers.end(), own.begin(), own.end());
    }
    return buffers;
  }
};

at::Tensor generator_state(c10::Device device) {
  auto generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard lock(generator.mutex());
  return generator.get_state();
}

void set_generator_state(c10::Device device, const at::Tensor& state) {
  auto generator = at::globalContext().defaultGenerator(device);
  const std::lock_guard lock(generator.mutex());
  generator.set_state(state);
}

// What a second computation must find as the first one did.
struct Surroundings {
  c10::Device device;
  at::Tensor generator;
  bool autocasts;
  at::ScalarType autocast_type;
};

Surroundings current_surroundings(c10::Device device) {
  return {device, generator_state(device), at::autocast::is_autocast_enabled(device.type()),
          at::autocast::get_autocast_dtype(device.type())};
}

// Puts the surroundings of the first computation back for as long as it lives, and leaves BatchNorm's statistics alone.
class Replay {
 public:
  Replay(const Surroundings& then, std::vector<at::Tensor> buffers)
      : now_(current_surroundings(then.device)), buffers_(std::move(buffers)) {
    for (const auto& buffer : buffers_) copies_.push_back(buffer.clone());
    apply(then);
    at::autocast::increment_nesting();
  }
  ~Replay() {
    // Autocast keeps the weights that it has cast until its outermost scope ends: the next step has other weights.
    if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
    apply(now_);
    const torch::NoGradGuard no_grad;
    for (std::size_t i = 0; i < buffers_.size(); ++i) buffers_[i].copy_(copies_[i]);
  }
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

 private:
  static void apply(const Surroundings& surroundings) {
    set_generator_state(surroundings.device, surroundings.generator);
    at::autocast::set_autocast_enabled(surroundings.device.type(), surroundings.autocasts);
    at::autocast::set_autocast_dtype(surroundings.device.type(), surroundings.autocast_type);
  }

  Surroundings now_;
  std::vector<at::Tensor> buffers_, copies_;
};

struct SegmentState final : torch::CustomClassHolder {
  SegmentState(const Segment& its_segment, const Surroundings& its_surroundings)
      : segment(its_segment), surroundings(its_surroundings) {}
  Segment segment;
  Surroundings surroundings;
};

class SegmentFunction final : public torch::autograd::Function<SegmentFunction> {
 public:
  // `anchor` needs a gradient, so that the result has one even where the input is the images.
  static at::Tensor forward(torch::autograd::AutogradContext* context, const at::Tensor& input,
                            const at::Tensor& /*anchor*/, const c10::intrusive_ptr<SegmentState>& state) {
    context->save_for_backward({input});
    context->saved_data["state"] = c10::IValue::make_capsule(state);
    const torch::NoGradGuard no_grad;
    return state->segment.run(input);
  }

  static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                 const torch::autograd::variable_list& gradients) {
    const auto capsule = context->saved_data["state"].toCapsule();
    const auto& state = static_cast<const SegmentState&>(*capsule);
    const auto saved = context->get_saved_variables().front();
    const auto input = saved.detach().requires_grad_(saved.requires_grad());
    {
      const Replay replay(state.surroundings, state.segment.batch_norm_buffers());
      const torch::AutoGradMode with_gradients(true);
      torch::autograd::backward({state.segment.run(input)}, {gradients.front()});  // adds to the parameters' gradients
    }
    return {input.grad(), at::Tensor(), at::Tensor()};
  }
};

}  // namespace

std::vector<NodeId> cut_points(const Graph& graph) {
  std::vector<NodeId> last_use(graph.size());
  for (const auto& node : graph) {
    for (const auto input : node.inputs) last_use[input] = std::max(last_use[input], node.id);
  }
  std::vector<NodeId> cuts;
  NodeId used_until = 0;  // the last node that uses a value from before the current one
  for (const auto& node : graph) {
    if (node.id > 0 && used_until <= node.id) cuts.push_back(node.id);
    used_until = std::max(used_until, last_use[node.id]);
  }
  return cuts;
}

at::Tensor run_checkpointed(const Graph& graph, const at::Tensor& images) {
  const auto cuts = cut_points(graph);
  const auto stride = static_cast<std::size_t>(std::ceil(std::sqrt(static_cast<double>(cuts.size()))));
  const auto anchor = torch::empty({0}, images.options().dtype(torch::kFloat)).requires_grad_();
  auto values = images;
  NodeId first = 0;
  for (std::size_t i = 0; i < cuts.size(); ++i) {
    if ((i + 1) % stride != 0 && i + 1 != cuts.size()) continue;
    const Segment segment{&graph, first, cuts[i]};
    first = cuts[i];
    if (!values.requires_grad() && !segment.needs_gradients()) {  // frozen from the images up to here
      values = segment.run(values);
      continue;
    }
    values = SegmentFunction::apply(values, anchor,
                                    c10::make_intrusive<SegmentState>(segment, current_surroundings(images.device())));
  }
  return values;
}

}  // namespace assay::models
