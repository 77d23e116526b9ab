#pragma once

#include <torch/csrc/jit/api/module.h>

#include <functional>
#include <string>

namespace assay::models {

/// Makes an empty TorchScript module in evaluation mode, to which attributes (packed weights) can be added.
torch::jit::Module make_script_module(const std::string& class_name);

/// Records what `function` does to `example` as the module's `forward(x)`. Batch and image size stay free as long as
/// `function` does not look at them. Attributes of the module are referred to, other tensors become constants.
void record_forward(torch::jit::Module& module, const at::Tensor& example,
                    const std::function<at::Tensor(const at::Tensor&)>& function);

}  // namespace assay::models
