#include "models/weights.h"

#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/torch.h>

#include <fstream>
#include <map>

#include "core/error.h"
#include "models/pickle.h"

namespace assay::models {
namespace {

using Kind = PickleValue::Kind;

constexpr std::size_t kMaxPickleBytes = 64 << 20;

void check_is_zip(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file))
    throw Error(ErrorKind::kData, "cannot read the weights file", file.string());
  char magic[2] = {};
  stream.read(magic, sizeof(magic));
  if (magic[0] == 'P' && magic[1] == 'K') return;
  throw Error(
      ErrorKind::kData, "not a PyTorch weights file (a zip archive)", file.string(),
      "files of PyTorch before 1.6: load them in Python and save them again by torch.save(model.state_dict(), path)");
}

/// Reads one record of the archive, whose claimed size may not exceed the file's.
std::string read_record(caffe2::serialize::PyTorchStreamReader& archive, const std::string& name,
                        std::size_t max_bytes) {
  const auto size = archive.getRecordSize(name);
  if (size > max_bytes) throw Error(ErrorKind::kData, fmt::format("record {} claims {} bytes", name, size));
  const auto [data, read] = archive.getRecord(name);
  return {static_cast<const char*>(data.get()), read};
}

class StorageCache {
 public:
  StorageCache(caffe2::serialize::PyTorchStreamReader& archive, std::size_t max_bytes)
      : archive_(archive), max_bytes_(max_bytes) {}

  at::Tensor load(const std::string& key, at::ScalarType type, std::int64_t num_elements) {
    const auto found = loaded_.find(key);
    if (found != loaded_.end() && found->second.scalar_type() == type && found->second.numel() == num_elements)
      return found->second;
    const auto bytes = read_record(archive_, "data/" + key, max_bytes_);
    const auto element_size = c10::elementSize(type);
    if (num_elements < 0 || bytes.size() / element_size < static_cast<std::size_t>(num_elements))
      throw Error(ErrorKind::kData, fmt::format("storage {} has {} bytes, too few for {} elements of {}", key,
                                                bytes.size(), num_elements, element_size));
    auto tensor = at::empty({num_elements}, type);
    std::copy_n(bytes.data(), static_cast<std::size_t>(num_elements) * element_size,
                static_cast<char*>(tensor.data_ptr()));
    return loaded_[key] = tensor;
  }

 private:
  caffe2::serialize::PyTorchStreamReader& archive_;
  std::size_t max_bytes_;
  std::map<std::string, at::Tensor> loaded_;
};

const PickleValue* find_key(const PickleValue& dict, const std::string& key) {
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2)
    if (dict.items[i]->kind == Kind::kString && dict.items[i]->text == key) return dict.items[i + 1];
  return nullptr;
}

/// Returns the dictionary of tensors: the root, or what a training checkpoint keeps under one of the usual keys.
const PickleValue& find_state_dict(const PickleValue& root) {
  if (root.kind != Kind::kDict) throw Error(ErrorKind::kData, "holds no dictionary of tensors");
  for (const auto* key : {"state_dict", "model"}) {
    const auto* inner = find_key(root, key);
    if (inner != nullptr && inner->kind == Kind::kDict) return *inner;
  }
  return root;
}

std::vector<std::pair<std::string, at::Tensor>> read_archive(const std::filesystem::path& file) {
  caffe2::serialize::PyTorchStreamReader archive(file.string());
  const auto file_size = std::filesystem::file_size(file);
  if (archive.hasRecord("byteorder") && read_record(archive, "byteorder", 16) != "little")
    throw Error(ErrorKind::kData, "written on a big-endian machine, which is not supported");
  const auto bytes = read_record(archive, "data.pkl", std::min<std::size_t>(kMaxPickleBytes, file_size));
  StorageCache storages(archive, file_size);
  PickleReader reader(bytes, [&](const auto& key, auto type, auto count) { return storages.load(key, type, count); });
  const auto& dict = find_state_dict(reader.read());
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2)
    if (dict.items[i]->kind == Kind::kString && dict.items[i + 1]->kind == Kind::kTensor)
      tensors.emplace_back(dict.items[i]->text, dict.items[i + 1]->tensor);
  if (tensors.empty()) throw Error(ErrorKind::kData, "holds no dictionary of tensors");
  return tensors;
}

/// Says why `value` cannot become `target`, or nothing.
std::string explain_mismatch(const at::Tensor& target, const at::Tensor& value) {
  if (target.sizes() != value.sizes())
    return fmt::format("has shape {}, the model wants {}", fmt::join(value.sizes(), "x"),
                       fmt::join(target.sizes(), "x"));
  if (target.is_floating_point() != value.is_floating_point()) return "is of another kind of number";
  return "";
}

}  // namespace

std::vector<std::pair<std::string, at::Tensor>> read_state_dict(const std::filesystem::path& file) {
  check_is_zip(file);
  try {
    return read_archive(file);
  } catch (const Error& error) {
    throw Error(error.kind(), "bad weights file: " + error.message(), file.string());
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::kData, "bad weights file: " + std::string(error.what_without_backtrace()), file.string(),
                "it may be truncated; copy it again");
  }
}

void load_weights(Model& model, const std::filesystem::path& file) {
  std::map<std::string, at::Tensor> targets;
  for (const auto& parameter : model.named_parameters()) targets.emplace(parameter.key(), parameter.value());
  for (const auto& buffer : model.named_buffers()) targets.emplace(buffer.key(), buffer.value());

  std::vector<std::string> problems;
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;
  for (const auto& [name, value] : read_state_dict(file)) {
    const auto target = targets.find(name);
    if (target == targets.end()) {
      problems.push_back(name + ": the model has no such tensor, or the file has it twice");
      continue;
    }
    if (const auto why = explain_mismatch(target->second, value); !why.empty()) problems.push_back(name + ": " + why);
    copies.emplace_back(target->second, value);
    targets.erase(target);
  }
  for (const auto& [name, target] : targets) problems.push_back(name + ": missing from the file");
  if (!problems.empty())
    throw Error(ErrorKind::kData, fmt::format("weights do not fit the model:\n  {}", fmt::join(problems, "\n  ")),
                file.string());
  torch::NoGradGuard no_grad;
  for (auto& [target, value] : copies) target.copy_(value);
}

}  // namespace assay::models
