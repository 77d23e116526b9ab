#include "app/variants.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/script.h>

#include <algorithm>
#include <filesystem>

#include "app/comparison.h"
#include "app/sample_images.h"
#include "core/sha256.h"
#include "deploy/mlflow_model.h"
#include "deploy/torchscript.h"
#include "eval/accuracy.h"
#include "eval/latency.h"
#include "models/weights.h"

namespace assay::app {
namespace {

constexpr std::int64_t kTestBatch = 100;  // images

std::int64_t size_of(const std::filesystem::path& file) {
  return static_cast<std::int64_t>(std::filesystem::file_size(file));
}

/// Writes a variant's files, and says which in `variant`.
void save(RunContext& context, const ClassificationData& data, const compress::Network& network,
          const std::vector<std::string>& exports, Variant& variant) {
  const auto& normalization = data.preprocessing.normalization;
  const deploy::ExportInfo info{data.class_names, normalization.mean, normalization.std, data.image_shape(),
                                network.quantized ? network.quantized->engine() : ""};
  for (const auto& name : exports) {
    const auto exporter = deploy::make_exporter(name);
    const auto file = fmt::format("models/{}{}", variant.name, exporter->extension());
    const auto path = context.folder / file;
    exporter->write(network, info, path);
    if (name == kMeasuredExporter) {
      variant.file = file;
    } else {
      variant.other_files.push_back({name, file, size_of(path), sha256_of_file(path)});
    }
  }
  if (!network.quantized)
    models::save_model(*network.model, context.folder / "models" / (variant.name + ".safetensors"));
  const auto example = data::read_all({data.test.source, {data.test.places.front()}}, data.preprocessing);
  deploy::write_mlflow_model(context.folder / variant.file, info, mlflow_folder(context, variant.name), example);
}

std::int64_t micro_batch(const RunContext& context) { return context.record.at("batch").at("micro"); }

// A network of NaN would still be compressed, agree with itself and look fast.
void check_finite(const models::Model& model) {
  const auto check = [](const std::string& name, const at::Tensor& values) {
    if (!values.is_floating_point() || values.isfinite().all().item<bool>()) return;
    throw Error(ErrorKind::kConfig, fmt::format("the network's {} holds NaN or infinity: it cannot be exported", name),
                "", "train it with a lower train.optimizer.lr or with train.clip_norm");
  };
  for (const auto& parameter : model.named_parameters()) check(parameter.key(), parameter.value());
  for (const auto& buffer : model.named_buffers()) check(buffer.key(), buffer.value());
}

Measurement measure_accuracy(const RunContext& context, const ClassificationData& data, const Variant& variant,
                             torch::jit::Module& module, at::Tensor& baseline_predictions) {
  auto loader = data::Loader::for_evaluation(data.test, data.preprocessing, std::min(kTestBatch, micro_batch(context)));
  const auto predict = [&module](const at::Tensor& images) { return module.forward({images}).toTensor(); };
  const auto accuracy = eval::measure_accuracy(predict, loader, torch::kCPU, "test " + variant.name);
  if (!baseline_predictions.defined()) baseline_predictions = accuracy.predictions;
  Measurement measurement;
  measurement.variant = variant;
  measurement.num_correct = accuracy.num_correct;
  measurement.num_test = accuracy.num_samples;
  const auto scores = accuracy.class_scores();
  measurement.macro_f1 = scores.macro_f1;
  measurement.balanced_accuracy = scores.balanced_accuracy;
  measurement.agreement = eval::agreement(accuracy.predictions, baseline_predictions);
  measurement.size_bytes = size_of(context.folder / variant.file);
  measurement.sha256 = sha256_of_file(context.folder / variant.file);
  return measurement;
}

std::vector<eval::Latency> time_modules(std::vector<torch::jit::Module>& modules, const ClassificationData& data,
                                        const LatencyBenchmark& benchmark) {
  const torch::NoGradGuard no_grad;
  const auto [channels, height, width] = data.image_shape();
  const auto image = torch::rand({benchmark.batch, channels, height, width}).contiguous(at::MemoryFormat::ChannelsLast);
  std::vector<std::function<void()>> calls;
  for (auto& module : modules) {
    calls.emplace_back([&module, &image] { module.forward({image}); });
  }
  return eval::measure_latencies(calls, {benchmark.warmup, benchmark.rounds, benchmark.calls});
}

}  // namespace

std::filesystem::path mlflow_folder(const RunContext& context, const std::string& variant) {
  return context.folder / "mlflow_models" / variant;
}

Variant export_float(RunContext& context, const ClassificationData& data, std::shared_ptr<models::Model> model,
                     const std::vector<std::string>& exports) {
  check_finite(*model);
  Variant variant{kBaseline, "", {{"weights", "float32"}}};
  save(context, data, {std::move(model), nullptr}, exports, variant);
  return variant;
}

Variant export_applied(RunContext& context, const ClassificationData& data, const std::string& key,
                       const Applied& applied, const std::vector<std::string>& exports) {
  check_finite(*applied.network.model);
  Variant variant{key, "", applied.settings};
  save(context, data, applied.network, exports, variant);
  return variant;
}

void evaluate_variants(RunContext& context, const ClassificationData& data, const std::vector<Variant>& variants,
                       const LatencyBenchmark& benchmark, const Targets& targets) {
  std::vector<torch::jit::Module> modules;
  for (const auto& variant : variants)
    modules.push_back(deploy::load_torchscript(context.folder / variant.file).module);
  std::vector<Measurement> measurements;
  at::Tensor baseline_predictions;  // (num_test)
  for (std::size_t i = 0; i < variants.size(); ++i) {
    measurements.push_back(measure_accuracy(context, data, variants[i], modules[i], baseline_predictions));
  }
  log_predictions(context, data, baseline_predictions);
  const auto latencies = time_modules(modules, data, benchmark);
  for (std::size_t i = 0; i < variants.size(); ++i) {
    measurements[i].latency = latencies[i];
    measurements[i].latency_batch = benchmark.batch;
    measurements[i].latency_threads = at::get_num_threads();
  }
  record_comparison(context, measurements, targets);
}

}  // namespace assay::app
