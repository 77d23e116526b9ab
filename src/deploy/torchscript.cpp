#include "deploy/torchscript.h"

#include <caffe2/serialize/inline_container.h>
#include <torch/script.h>
#include <torch/torch.h>

#include <sstream>

#include "compress/quantized_ops.h"
#include "core/error.h"
#include "core/file.h"
#include "models/trace.h"

namespace assay::deploy {
namespace {

ExportInfo parse_info(const std::string& text, const std::string& origin) {
  const auto json = parse_json(text, origin);
  try {
    ExportInfo info;
    json.at("class_names").get_to(info.class_names);
    json.at("mean").get_to(info.mean);
    json.at("std").get_to(info.std);
    json.at("image_shape").get_to(info.image_shape);
    json.at("engine").get_to(info.engine);
    return info;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorKind::kData, std::string("bad assay.json in the network file: ") + error.what(), origin);
  }
}

/// Reads assay.json before the network, since it names the engine with which the network must be loaded.
ExportInfo read_info(const std::filesystem::path& path) {
  caffe2::serialize::PyTorchStreamReader archive(path.string());
  const auto record = std::string("extra/") + kInfoFile;
  if (!archive.hasRecord(record)) throw Error(ErrorKind::kData, "not a network exported by assay", path.string());
  const auto [data, size] = archive.getRecord(record);
  return parse_info({static_cast<const char*>(data.get()), size}, path.string());
}

/// Chooses the engine that a file names; a float network names none.
std::unique_ptr<compress::EngineScope> choose_engine(const std::string& engine, const std::filesystem::path& path) {
  if (engine.empty()) return nullptr;
  try {
    return std::make_unique<compress::EngineScope>(engine);
  } catch (const Error& error) {
    throw Error(ErrorKind::kData, error.message(), path.string(), error.hint());
  }
}

}  // namespace

torch::jit::Module to_torchscript(const compress::Network& network, const std::array<std::int64_t, 3>& image_shape) {
  const torch::NoGradGuard no_grad;
  const auto example = at::zeros({1, image_shape[0], image_shape[1], image_shape[2]});
  if (network.quantized) {
    const compress::EngineScope engine(network.quantized->engine());
    auto module = models::make_script_module("Quantized");
    network.quantized->register_weights(module);
    models::record_forward(module, example,
                           [&](const at::Tensor& images) { return network.quantized->forward(images); });
    return module;
  }
  const auto& graph = network.model->graph();
  const auto layers = models::fold_batch_norm(graph);
  auto module = models::make_script_module("Float");
  const auto evaluate = [&](const models::Node& node, at::ArrayRef<at::Tensor> inputs) {
    return models::evaluate_folded(node, layers[node.id], inputs);
  };
  models::record_forward(module, example,
                         [&](const at::Tensor& images) { return models::run_graph(graph, images, evaluate); });
  return module;
}

void save_torchscript(const torch::jit::Module& module, const ExportInfo& info, const std::filesystem::path& path) {
  // Serialised in memory first: LibTorch's own writer of files ends the process when the disk is full.
  std::ostringstream bytes;
  module.save(bytes, {{kInfoFile, format_json(to_json(info), 2)}});
  write_file_atomically(path, bytes.view());
}

LoadedTorchScript load_torchscript(const std::filesystem::path& path) {
  if (!std::filesystem::is_regular_file(path)) throw Error(ErrorKind::kData, "no such network file", path.string());
  try {
    LoadedTorchScript loaded;
    loaded.info = read_info(path);
    const auto engine = choose_engine(loaded.info.engine, path);
    loaded.module = torch::jit::load(path.string());
    loaded.module.eval();
    return loaded;
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::kData, "cannot load the network: " + std::string(error.what_without_backtrace()),
                path.string(), "it may be truncated; export it again");
  }
}

namespace {

class TorchScriptExporter final : public Exporter {
 public:
  std::string name() const override { return "torchscript"; }
  std::string extension() const override { return ".pt"; }

  void write(const compress::Network& network, const ExportInfo& info,
             const std::filesystem::path& path) const override {
    auto its_info = info;
    its_info.engine = network.quantized ? network.quantized->engine() : "";
    save_torchscript(to_torchscript(network, info.image_shape), its_info, path);
  }
};

}  // namespace

std::unique_ptr<Exporter> exporter_torchscript() { return std::make_unique<TorchScriptExporter>(); }

}  // namespace assay::deploy
