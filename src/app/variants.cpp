#include "app/variants.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/script.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "app/comparison.h"
#include "app/sample_images.h"
#include "core/sha256.h"
#include "core/terminal.h"
#include "data/split.h"
#include "deploy/mlflow_model.h"
#include "deploy/torchscript.h"
#include "device/out_of_memory.h"
#include "eval/accuracy.h"
#include "eval/latency.h"

namespace assay::app {
namespace {

constexpr std::int64_t kTestBatch = 100;  // images

std::array<std::int64_t, 3> image_shape(const ClassificationData& data) {
  return {3, data.image_height(), data.image_width()};
}

std::string save(RunContext& context, const ClassificationData& data, const std::string& name,
                 const torch::jit::Module& module, const std::string& engine) {
  auto file = fmt::format("models/{}.pt", name);
  const deploy::ExportInfo info{data.class_names, data.normalization.mean, data.normalization.std, image_shape(data),
                                engine};
  deploy::save_torchscript(module, info, context.folder / file);
  const auto example = data::normalize(data.test_images.pixels.narrow(0, 0, 1), data.normalization);  // (1, 3, H, W)
  deploy::write_mlflow_model(context.folder / file, info, mlflow_folder(context, name), example);
  return file;
}

std::int64_t micro_batch(const RunContext& context) { return context.record.at("batch").at("micro"); }

at::Tensor calibration_images(const RunContext& context, const ClassificationData& data, std::int64_t count) {
  const auto places = data::draw_places(data.train, count, static_cast<std::uint64_t>(context.options.run.seed));
  const auto index = torch::tensor(places, torch::kInt64);
  return data::normalize(data.train_images.pixels.index_select(0, index), data.normalization);  // (count, 3, H, W)
}

bool is_file_name(const std::string& key) {
  return !key.empty() && key.front() != '.' && std::all_of(key.begin(), key.end(), [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '_' || letter == '-' || letter == '.';
  });
}

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

// Where not all calibration images fit into memory, half of them are taken, and it is said.
compress::Compressed compress_within_memory(const RunContext& context, const ClassificationData& data,
                                            models::Model& model, const compress::Technique& technique) {
  constexpr std::int64_t kFewest = 16;
  compress::Compressed compressed;
  auto count = technique.num_calibration_images();
  const auto compress = [&] {
    compressed = technique.compress({model, calibration_images(context, data, count), micro_batch(context)});
  };
  while (!device::ran_within_memory(compress)) {
    if (count <= kFewest) {
      throw Error(ErrorKind::kConfig, fmt::format("{} does not fit into memory", technique.name()), "",
                  "free memory, use a smaller image or model, or raise device.memory_budget");
    }
    count = std::max(kFewest, count / 2);
    print_status("out of memory: calibrating on {} images\n", count);
  }
  return compressed;
}

Measurement measure_accuracy(const RunContext& context, const ClassificationData& data, const Variant& variant,
                             torch::jit::Module& module, at::Tensor& baseline_predictions) {
  auto loader = data::Loader::for_evaluation(data.test_images, data::all_places(data.test_images.labels.size(0)),
                                             data.normalization, std::min(kTestBatch, micro_batch(context)));
  const auto predict = [&module](const at::Tensor& images) { return module.forward({images}).toTensor(); };
  const auto accuracy = eval::measure_accuracy(predict, loader, torch::kCPU, "test " + variant.name);
  if (!baseline_predictions.defined()) baseline_predictions = accuracy.predictions;
  Measurement measurement;
  measurement.variant = variant;
  measurement.num_correct = accuracy.num_correct;
  measurement.num_test = accuracy.num_samples;
  measurement.agreement = eval::agreement(accuracy.predictions, baseline_predictions);
  measurement.size_bytes = static_cast<std::int64_t>(std::filesystem::file_size(context.folder / variant.file));
  measurement.sha256 = sha256_of_file(context.folder / variant.file);
  return measurement;
}

std::vector<eval::Latency> time_modules(std::vector<torch::jit::Module>& modules, const ClassificationData& data,
                                        const LatencyBenchmark& benchmark) {
  const torch::NoGradGuard no_grad;
  const auto image = torch::rand({benchmark.batch, 3, data.image_height(), data.image_width()})
                         .contiguous(at::MemoryFormat::ChannelsLast);
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

std::vector<NamedTechnique> make_techniques(const config::Section& compress, const std::vector<std::string>& keys,
                                            config::Problems& problems) {
  std::vector<NamedTechnique> techniques;
  std::set<std::string> seen = {"float"};
  for (const auto& key : keys) {
    problems.collect([&] {
      auto technique = compress::make_technique(config::subsection(compress, key));
      if (!is_file_name(key)) {
        throw Error(ErrorKind::kConfig, fmt::format("techniques: \"{}\" names files, so it may hold letters, digits, "
                                                    "'_', '-' and '.' only",
                                                    key));
      }
      if (!seen.insert(key).second) {
        throw Error(ErrorKind::kConfig, fmt::format("techniques: \"{}\" is there twice", key), "",
                    key == "float" ? "the float network is always measured; call this table otherwise"
                                   : "for another variant of a technique give its table a key of its own: "
                                     "+compress.other={name: static_int8}");
      }
      techniques.push_back({key, std::move(technique)});
    });
  }
  return techniques;
}

Variant export_float(RunContext& context, const ClassificationData& data, models::Model& model) {
  check_finite(model);
  const auto module = deploy::to_torchscript(model, image_shape(data));
  return {"float", save(context, data, "float", module, ""), {{"weights", "float32"}}};
}

Variant export_compressed(RunContext& context, const ClassificationData& data, models::Model& model,
                          const NamedTechnique& named) {
  const auto& technique = *named.technique;
  print_status("compressing: {}\n", named.key);
  auto compressed = compress_within_memory(context, data, model, technique);
  compressed.settings.insert(compressed.settings.begin(), {"technique", technique.name()});
  const auto file = save(context, data, named.key, compressed.module, compressed.engine);
  return {named.key, file, compressed.settings};
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
