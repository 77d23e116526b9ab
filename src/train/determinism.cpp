#include "train/determinism.h"

#include <fmt/format.h>
#include <torch/torch.h>

#include <cstdlib>

#include "core/error.h"

namespace assay::train {
namespace {

class Scope {
 public:
  explicit Scope(c10::Device device)
      : algorithms_(at::globalContext().deterministicAlgorithms()),
        cudnn_(at::globalContext().deterministicCuDNN()),
        benchmark_(at::globalContext().benchmarkCuDNN()),
        fill_(at::globalContext().deterministicFillUninitializedMemory()) {
    // cuBLAS is bit-reproducible only with a workspace of fixed size.
    if (device.is_cuda()) ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*replace=*/0);
    set(true, true, false, false);
  }
  ~Scope() { set(algorithms_, cudnn_, benchmark_, fill_); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

 private:
  static void set(bool algorithms, bool cudnn, bool benchmark, bool fill) {
    auto& context = at::globalContext();
    context.setDeterministicAlgorithms(algorithms, /*warn_only=*/false);
    context.setDeterministicCuDNN(cudnn);
    context.setBenchmarkCuDNN(benchmark);
    context.setDeterministicFillUninitializedMemory(fill);
  }

  bool algorithms_, cudnn_, benchmark_, fill_;
};

}  // namespace

void run_deterministically(bool deterministic, c10::Device device, const std::function<void()>& work) {
  if (!deterministic) return work();
  const Scope scope(device);
  try {
    work();
  } catch (const c10::Error& error) {
    const std::string text = error.what_without_backtrace();
    if (text.find("does not have a deterministic implementation") == std::string::npos) throw;
    throw Error(ErrorKind::kConfig,
                fmt::format("train.deterministic = true on {}: {}", device.str(), text.substr(0, text.find('.'))), "",
                "train.deterministic=false, another device, or a network without this operation");
  }
}

}  // namespace assay::train
