#include "train/recorded_pass.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include "core/terminal.h"

namespace assay::train {

RecordedPass::RecordedPass(Pass& pass, std::vector<at::Tensor> parameters, device::LaunchGraph& graph)
    : pass_(pass), parameters_(std::move(parameters)), graph_(&graph) {}

bool RecordedPass::start_step(const PassInput& first) {
  if (graph_ == nullptr || first.other_labels.defined()) return false;
  const bool records = !suits(first);
  if (records) record(first);
  if (graph_ != nullptr) zero_gradients();
  return records;
}

bool RecordedPass::run(const PassInput& input) {
  if (graph_ == nullptr || !suits(input)) return false;
  input_.images.copy_(input.images, /*non_blocking=*/true);
  input_.labels.copy_(input.labels, /*non_blocking=*/true);
  graph_->replay();
  return true;
}

bool RecordedPass::suits(const PassInput& input) const {
  return input_.images.defined() && !input.other_labels.defined() && input.weight == input_.weight &&
         input.images.sizes() == input_.images.sizes();
}

void RecordedPass::record(const PassInput& first) {
  input_ = {};
  const auto own = PassInput{first.images.clone(), first.labels.clone(), {}, 1.0, first.weight};
  zero_gradients();
  try {
    graph_->record([this, own] { pass_.run(own); });
    input_ = own;
  } catch (const c10::OutOfMemoryError&) {
    throw;
  } catch (const c10::Error& error) {
    graph_ = nullptr;
    gradients_.clear();
    for (auto& parameter : parameters_) parameter.mutable_grad().reset();
    print_status("each kernel is launched by itself: {}\n", error.what_without_backtrace());
  }
}

void RecordedPass::zero_gradients() {
  const torch::NoGradGuard no_grad;
  if (gradients_.empty()) {
    for (const auto& parameter : parameters_) gradients_.push_back(torch::empty_like(parameter));
  }
  at::_foreach_zero_(gradients_);
  for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i].mutable_grad() = gradients_[i];
}

}  // namespace assay::train
