#include "models/state_dict.h"

#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>

#include "core/error.h"
#include "core/file.h"
#include "models/pickle.h"

namespace assay::models {
namespace {

using Kind = PickleValue::Kind;
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

constexpr std::size_t kMaxPickleBytes = 64 << 20;

/// How a file of torch.save begins: as a zip archive since PyTorch 1.6, with a pickled number before.
constexpr std::string_view kZipMagic("PK");
constexpr std::string_view kOldMagic("\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14);

std::string read_magic(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream || std::filesystem::is_directory(file))
    throw Error(ErrorKind::kData, "cannot read the weights file", file.string());
  std::string magic(kOldMagic.size(), '\0');
  stream.read(magic.data(), static_cast<std::streamsize>(magic.size()));
  return magic;
}

/// Reads one record of the archive, whose claimed size may not exceed the file's.
std::string read_record(caffe2::serialize::PyTorchStreamReader& archive, const std::string& name,
                        std::size_t max_bytes) {
  const auto size = archive.getRecordSize(name);
  if (size > max_bytes) throw Error(ErrorKind::kData, fmt::format("record {} claims {} bytes", name, size));
  const auto [data, read] = archive.getRecord(name);
  return {static_cast<const char*>(data.get()), read};
}

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

/// Lists the tensors of a dictionary; "module." before all names, which data-parallel training leaves, is left out.
NamedTensors tensors_of(const PickleValue& dict) {
  NamedTensors tensors;
  for (std::size_t i = 0; i + 1 < dict.items.size(); i += 2) {
    if (dict.items[i]->kind == Kind::kString && dict.items[i + 1]->kind == Kind::kTensor)
      tensors.emplace_back(dict.items[i]->text, dict.items[i + 1]->tensor);
  }
  if (tensors.empty()) throw Error(ErrorKind::kData, "holds no dictionary of tensors");
  const std::string prefix = "module.";
  const bool has_prefix =
      std::all_of(tensors.begin(), tensors.end(), [&](const auto& one) { return one.first.starts_with(prefix); });
  if (has_prefix) {
    for (auto& [name, tensor] : tensors) name.erase(0, prefix.size());
  }
  return tensors;
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

NamedTensors read_archive(const std::filesystem::path& file) {
  caffe2::serialize::PyTorchStreamReader archive(file.string());
  const auto file_size = std::filesystem::file_size(file);
  if (archive.hasRecord("byteorder") && read_record(archive, "byteorder", 16) != "little")
    throw Error(ErrorKind::kData, "written on a big-endian machine, which is not supported");
  const auto bytes = read_record(archive, "data.pkl", std::min<std::size_t>(kMaxPickleBytes, file_size));
  StorageCache storages(archive, file_size);
  PickleReader reader(bytes, [&](const auto& key, auto type, auto count) { return storages.load(key, type, count); });
  return tensors_of(find_state_dict(reader.read()));
}

/// The storages of the older form, whose bytes come behind the pickle that names them.
class LaterStorages {
 public:
  explicit LaterStorages(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  at::Tensor reserve(const std::string& key, at::ScalarType type, std::int64_t num_elements) {
    const auto element_size = c10::elementSize(type);
    if (num_elements < 0 || static_cast<std::size_t>(num_elements) > max_bytes_ / element_size)
      throw Error(ErrorKind::kData, fmt::format("storage {} claims {} elements", key, num_elements));
    const auto found = reserved_.find(key);
    if (found == reserved_.end()) return reserved_[key] = at::zeros({num_elements}, type);
    if (found->second.scalar_type() != type || found->second.numel() != num_elements)
      throw Error(ErrorKind::kData, fmt::format("storage {} is named with two sizes or types", key));
    return found->second;
  }

  /// Fills a storage from "number of elements, elements" and returns how many bytes that were.
  std::size_t fill(const std::string& key, std::string_view bytes) {
    const auto found = reserved_.find(key);
    if (found == reserved_.end()) throw Error(ErrorKind::kData, fmt::format("storage {} is not named before", key));
    std::int64_t count = 0;
    const auto size = found->second.nbytes();
    if (bytes.size() < sizeof(count) + size) throw Error(ErrorKind::kData, "it ends too early");
    std::memcpy(&count, bytes.data(), sizeof(count));
    if (count != found->second.numel())
      throw Error(ErrorKind::kData,
                  fmt::format("storage {} has {} elements, not {}", key, count, found->second.numel()));
    if (size > 0) std::memcpy(found->second.mutable_data_ptr(), bytes.data() + sizeof(count), size);
    return sizeof(count) + size;
  }

 private:
  std::size_t max_bytes_;
  std::map<std::string, at::Tensor> reserved_;
};

/// Magic number, version, machine, the object itself and the list of its storages, a pickle each; then the storages.
/// Source: torch/serialization.py, _legacy_save.
NamedTensors read_old_form(std::string_view bytes) {
  LaterStorages storages(bytes.size());
  PickleReader reader(bytes,
                      [&](const auto& key, auto type, auto count) { return storages.reserve(key, type, count); });
  constexpr int kNumBefore = 3;
  for (int i = 0; i < kNumBefore; ++i) reader.read();
  const auto tensors = tensors_of(find_state_dict(reader.read()));
  const auto& keys = reader.read();
  if (keys.kind != Kind::kList) throw Error(ErrorKind::kData, "the list of storages is missing");
  auto place = reader.position();
  for (const auto* key : keys.items) {
    if (key->kind != Kind::kString) throw Error(ErrorKind::kData, "the list of storages is malformed");
    place += storages.fill(key->text, bytes.substr(place));
  }
  return tensors;
}

}  // namespace

std::vector<std::pair<std::string, at::Tensor>> read_state_dict(const std::filesystem::path& file) {
  try {
    const auto magic = read_magic(file);
    if (magic.starts_with(kZipMagic)) return read_archive(file);
    if (magic == kOldMagic) return read_old_form(read_file(file));
    throw Error(ErrorKind::kData, "not a PyTorch weights file", file.string(),
                "save it in Python by torch.save(model.state_dict(), path)");
  } catch (const Error& error) {
    if (error.location() == file.string()) throw;
    throw Error(error.kind(), "bad weights file: " + error.message(), file.string());
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::kData, "bad weights file: " + std::string(error.what_without_backtrace()), file.string(),
                "it may be truncated; copy it again");
  }
}

}  // namespace assay::models
