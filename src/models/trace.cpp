#include "models/trace.h"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/torch.h>

namespace assay::models {

torch::jit::Module make_script_module(const std::string& class_name) {
  torch::jit::Module module(c10::QualifiedName("__torch__." + class_name),
                            std::make_shared<torch::jit::CompilationUnit>());
  module.register_attribute("training", c10::BoolType::get(), false);
  return module;
}

void record_forward(torch::jit::Module& module, const at::Tensor& example,
                    const std::function<at::Tensor(const at::Tensor&)>& function) {
  torch::NoGradGuard no_grad;
  const auto run = [&](const torch::jit::Stack& stack) { return torch::jit::Stack{function(stack.at(0).toTensor())}; };
  const auto no_name = [](const torch::autograd::Variable&) { return std::string(); };
  const auto traced = torch::jit::tracer::trace({c10::IValue(example)}, run, no_name, /*strict=*/true,
                                                /*force_outplace=*/false, &module, {"x"});
  auto* forward = module._ivalue()->compilation_unit()->create_function(
      c10::QualifiedName(*module.type()->name(), "forward"), traced.first->graph);
  module.type()->addMethod(forward);
}

}  // namespace assay::models
