#include "train/precision.h"

#include <ATen/autocast_mode.h>
#include <torch/torch.h>

#include <algorithm>
#include <array>

#include "core/error.h"

namespace assay::train {
namespace {

constexpr std::array kNames = {"fp32", "tf32", "bf16", "fp16"};  // in the order of Precision
constexpr float kFirstFactor = 65536.0F;
constexpr double kGrowth = 2.0, kBackoff = 0.5;
constexpr int kGrowthInterval = 2000;

}  // namespace

Precision parse_precision(const std::string& name) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (name == kNames[i]) return static_cast<Precision>(i);
  }
  throw Error(ErrorKind::kConfig, fmt::format("train.precision = \"{}\": no such precision", name), "",
              "one of: auto, fp32, tf32, bf16, fp16");
}

std::string to_string(Precision precision) { return kNames.at(static_cast<std::size_t>(precision)); }

void check_precision(Precision precision, c10::Device device, const std::vector<std::string>& isa) {
  const auto fail = [&](const std::string& reason) {
    throw Error(ErrorKind::kConfig,
                fmt::format("train.precision = \"{}\" on {}: {}", to_string(precision), device.str(), reason), "",
                "use train.precision=fp32, or auto");
  };
  if (precision == Precision::kTf32 && !device.is_cuda()) fail("only CUDA devices compute in TF32");
  if (!device.is_cpu()) return;
  if (precision == Precision::kFp16) fail("its convolutions would be emulated, and slower than float32");
  const auto has = [&isa](const char* name) { return std::find(isa.begin(), isa.end(), name) != isa.end(); };
  if (precision == Precision::kBf16 && !has("avx512_bf16") && !has("amx_bf16") && !has("bf16")) {
    fail("this processor has no bfloat16 instructions");
  }
}

PrecisionScope::PrecisionScope(Precision precision, c10::Device device)
    : device_type_(device.type()), autocasts_(precision == Precision::kBf16 || precision == Precision::kFp16) {
  if (device.is_cuda()) {
    at::globalContext().setAllowTF32CuBLAS(precision == Precision::kTf32);
    at::globalContext().setAllowTF32CuDNN(precision == Precision::kTf32);
  }
  if (!autocasts_) return;
  enabled_before_ = at::autocast::is_autocast_enabled(device_type_);
  type_before_ = at::autocast::get_autocast_dtype(device_type_);
  at::autocast::set_autocast_enabled(device_type_, true);
  at::autocast::set_autocast_dtype(device_type_, precision == Precision::kBf16 ? at::kBFloat16 : at::kHalf);
  at::autocast::increment_nesting();
}

PrecisionScope::~PrecisionScope() {
  if (!autocasts_) return;
  if (at::autocast::decrement_nesting() == 0) at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(device_type_, enabled_before_);
  at::autocast::set_autocast_dtype(device_type_, type_before_);
}

LossScaler::LossScaler(Precision precision, c10::Device device) {
  if (precision != Precision::kFp16) return;
  factor_ = torch::full({}, kFirstFactor, torch::TensorOptions(device).dtype(torch::kFloat32));
  good_steps_ = torch::zeros({}, torch::TensorOptions(device).dtype(torch::kInt32));
}

at::Tensor LossScaler::scale(const at::Tensor& loss) const { return factor_.defined() ? loss * factor_ : loss; }

bool LossScaler::unscale(const std::vector<at::Tensor>& gradients) {
  if (!factor_.defined()) return true;
  const torch::NoGradGuard no_grad;
  auto found_inf = torch::zeros({}, factor_.options());
  const auto inverse = factor_.reciprocal();  // exact: the factor is a power of two
  at::_amp_foreach_non_finite_check_and_unscale_(gradients, found_inf, inverse);
  at::_amp_update_scale_(factor_, good_steps_, found_inf, kGrowth, kBackoff, kGrowthInterval);
  return found_inf.item<float>() == 0.0F;
}

double LossScaler::factor() const { return factor_.defined() ? factor_.item<double>() : 1.0; }

NamedTensors LossScaler::state() const {
  if (!factor_.defined()) return {};
  return {{"factor", factor_}, {"good_steps", good_steps_}};
}

}  // namespace assay::train
