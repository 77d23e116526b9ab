// The mobile interpreter's file (".ptl"): bytecode in place of TorchScript's code. The layers of a float network are
// packed for XNNPACK, the kernels of LibTorch on phones. An int8 network is written as it is: that pass knows float
// layers alone, and int8 layers are packed already, for whatever engine loads them.

#include <torch/csrc/jit/passes/xnnpack_rewrite.h>
#include <torch/torch.h>

#include <sstream>

#include "core/file.h"
#include "deploy/torchscript.h"

namespace assay::deploy {
namespace {

class LiteExporter final : public Exporter {
 public:
  std::string name() const override { return "lite"; }
  std::string extension() const override { return ".ptl"; }

  void write(const compress::Network& network, const ExportInfo& info,
             const std::filesystem::path& path) const override {
    const torch::NoGradGuard no_grad;
    auto module = to_torchscript(network, info.image_shape);
    if (!network.quantized) module = torch::jit::optimizeForMobile(module);
    auto its_info = info;
    its_info.engine = network.quantized ? network.quantized->engine() : "";
    std::ostringstream bytes;
    module._save_for_mobile(bytes, {{kInfoFile, format_json(to_json(its_info), 2)}});
    write_file_atomically(path, bytes.view());
  }
};

}  // namespace

std::unique_ptr<Exporter> exporter_lite() { return std::make_unique<LiteExporter>(); }

}  // namespace assay::deploy
