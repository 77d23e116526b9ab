#include "deploy/mlflow_model.h"

#include <torch/torch.h>

#include <system_error>

#include "core/clock.h"
#include "core/error.h"
#include "core/file.h"
#include "core/json.h"

namespace assay::deploy {
namespace {

namespace fs = std::filesystem;

// What the descriptions name for an environment made from them.
constexpr auto kMlflowVersion = ASSAY_MLFLOW_VERSION;
constexpr auto kPythonVersion = "3.11";

// What Python's MLflow would unpickle with. It asks for the name even of TorchScript, which is not pickled so.
constexpr auto kPickleModule = "mlflow.pytorch.pickle_module";

constexpr auto kExampleFile = "input_example.json";
constexpr auto kServingExampleFile = "serving_input_example.json";

[[noreturn]] void fail(const fs::path& path, const std::error_code& code) {
  throw Error(ErrorKind::kData, "cannot write the model's folder: " + code.message(), path.string());
}

/// Gives a file a second name, or copies it where the file system has none.
void link_or_copy(const fs::path& from, const fs::path& to) {
  std::error_code code;
  fs::create_directories(to.parent_path(), code);
  if (code) fail(to, code);
  fs::create_hard_link(from, to, code);
  if (!code) return;
  if (!fs::is_regular_file(from)) throw Error(ErrorKind::kData, "no such network file", from.string());
  write_file_atomically(to, [&](const fs::path& temporary) {
    if (!fs::copy_file(from, temporary, code)) fail(to, code);
  });
}

std::int64_t count_bytes(const fs::path& folder) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return static_cast<std::int64_t>(bytes);
}

Json tensor_spec(const std::vector<std::int64_t>& shape) {
  return Json::array({{{"type", "tensor"}, {"tensor-spec", {{"dtype", "float32"}, {"shape", shape}}}}});
}

/// Nests numbers as Python's tolist() does. Doubles hold float32 values exactly.
Json to_lists(const at::Tensor& tensor) {
  if (tensor.dim() == 0) return tensor.item<double>();
  Json list = Json::array();
  for (std::int64_t i = 0; i < tensor.size(0); ++i) list.push_back(to_lists(tensor[i]));
  return list;
}

void write_example(const fs::path& folder, const at::Tensor& example) {
  const auto lists = to_lists(example.to(torch::kCPU, torch::kFloat32));
  write_file_atomically(folder / kExampleFile, format_json(lists));
  write_file_atomically(folder / kServingExampleFile, format_json(Json{{"inputs", lists}}));
}

/// Writes what says which packages the model needs, in the three forms that MLflow knows.
void write_environments(const fs::path& folder) {
  const auto mlflow = fmt::format("mlflow=={}", kMlflowVersion);
  const auto torch = fmt::format("torch=={}", TORCH_VERSION);
  write_file_atomically(folder / "requirements.txt", fmt::format("{}\n{}\n", mlflow, torch));
  write_file_atomically(folder / "python_env.yaml",
                        fmt::format("python: '{}'\nbuild_dependencies:\n- pip\n- setuptools\n- wheel\n"
                                    "dependencies:\n- -r requirements.txt\n",
                                    kPythonVersion));
  write_file_atomically(folder / "conda.yaml",
                        fmt::format("channels:\n- conda-forge\ndependencies:\n- python={}\n- pip\n- pip:\n"
                                    "  - {}\n  - {}\nname: mlflow-env\n",
                                    kPythonVersion, mlflow, torch));
}

/// Returns the text of MLmodel, in which JSON stands where YAML allows it.
std::string describe(const ExportInfo& info, std::int64_t size_bytes, bool has_example) {
  const auto& shape = info.image_shape;
  const auto inputs = tensor_spec({-1, shape[0], shape[1], shape[2]});
  const auto outputs = tensor_spec({-1, static_cast<std::int64_t>(info.class_names.size())});
  auto time = format_utc(wall_clock_ms());  // "2026-01-31T23:59:59Z"
  time[10] = ' ';
  time.pop_back();
  auto text = fmt::format(
      "flavors:\n"
      "  python_function:\n"
      "    config:\n"
      "      device: null\n"
      "    data: data\n"
      "    env:\n"
      "      conda: conda.yaml\n"
      "      virtualenv: python_env.yaml\n"
      "    loader_module: mlflow.pytorch\n"
      "    pickle_module_name: {}\n"
      "    python_version: '{}'\n"
      "  pytorch:\n"
      "    code: null\n"
      "    model_data: data\n"
      "    pytorch_version: {}\n"
      "metadata: {}\n"
      "mlflow_version: {}\n"
      "model_size_bytes: {}\n"
      "signature:\n"
      "  inputs: '{}'\n"
      "  outputs: '{}'\n"
      "  params: null\n"
      "utc_time_created: '{}.000000'\n",
      kPickleModule, kPythonVersion, TORCH_VERSION, format_json(to_json(info)), kMlflowVersion, size_bytes,
      format_json(inputs), format_json(outputs), time);
  if (has_example) {
    text += fmt::format("saved_input_example_info:\n  artifact_path: {}\n  serving_input_path: {}\n  type: ndarray\n",
                        kExampleFile, kServingExampleFile);
  }
  return text;
}

}  // namespace

void write_mlflow_model(const fs::path& network, const ExportInfo& info, const fs::path& folder,
                        const at::Tensor& example) {
  std::error_code code;
  fs::remove_all(folder, code);
  if (code) fail(folder, code);
  link_or_copy(network, folder / "data/model.pth");
  write_file_atomically(folder / "data/pickle_module_info.txt", kPickleModule);
  write_environments(folder);
  if (example.defined()) write_example(folder, example);
  write_file_atomically(folder / "MLmodel", describe(info, count_bytes(folder), example.defined()));
}

}  // namespace assay::deploy
