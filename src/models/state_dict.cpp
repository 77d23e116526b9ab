#include "models/state_dict.h"

#include <ATen/ops/empty.h>
#include <caffe2/serialize/inline_container.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>

#include "core/error.h"
#include "core/file.h"
#include "models/element_scalar.h"
#include "models/pickle.h"
#include "models/state_dict_layout.h"

namespace assay::models {
namespace {

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

/// Makes the storages that tensors are views of, each once.
class Storages {
 public:
  /// Returns the bytes of a storage.
  using Load = std::function<std::string_view(const std::string& key)>;

  /// All storages together may be as large as the file, which does not compress them.
  Storages(Load load, std::size_t max_bytes) : load_(std::move(load)), bytes_left_(max_bytes) {}

  at::Tensor view(const StoredTensor& tensor) {
    auto& flat = flat_[tensor.key];
    if (!flat.defined()) flat = read(tensor);
    return flat.as_strided(tensor.sizes, tensor.strides, tensor.offset);
  }

 private:
  at::Tensor read(const StoredTensor& tensor) {
    const auto count = tensor.storage.num_elements;
    const auto element_bytes = static_cast<std::size_t>(row_of(tensor.storage.type).num_bytes);
    if (bytes_left_ / element_bytes < static_cast<std::size_t>(count)) {
      throw Error(ErrorKind::kData, fmt::format("storage {} claims {} elements", tensor.key, count));
    }
    const auto num_bytes = static_cast<std::size_t>(count) * element_bytes;
    bytes_left_ -= num_bytes;
    const auto bytes = load_(tensor.key);
    if (bytes.size() < num_bytes) {
      throw Error(ErrorKind::kData, fmt::format("storage {} has {} bytes, too few for {} elements of {}", tensor.key,
                                                bytes.size(), count, element_bytes));
    }
    auto flat = at::empty({count}, scalar_type(tensor.storage.type));
    if (num_bytes > 0) std::memcpy(flat.mutable_data_ptr(), bytes.data(), num_bytes);
    return flat;
  }

  Load load_;
  std::size_t bytes_left_;
  std::map<std::string, at::Tensor> flat_;
};

NamedTensors make_tensors(const StoredTensors& stored, Storages storages) {
  NamedTensors tensors;
  for (const auto& [name, tensor] : stored) tensors.emplace_back(name, storages.view(tensor));
  return tensors;
}

NamedTensors read_archive(const std::filesystem::path& file) {
  caffe2::serialize::PyTorchStreamReader archive(file.string());
  const auto file_size = std::filesystem::file_size(file);
  if (archive.hasRecord("byteorder") && read_record(archive, "byteorder", 16) != "little")
    throw Error(ErrorKind::kData, "written on a big-endian machine, which is not supported");
  const auto pickle = read_record(archive, "data.pkl", std::min<std::size_t>(kMaxPickleBytes, file_size));
  PickleReader reader(pickle);
  std::string bytes;  // of the storage read last
  const auto load = [&](const std::string& key) -> std::string_view {
    return bytes = read_record(archive, "data/" + key, file_size);
  };
  return make_tensors(list_tensors(reader.read()), Storages(load, file_size));
}

NamedTensors read_old_form(std::string_view bytes) {
  const auto content = parse_old_form(bytes);
  return make_tensors(content.tensors,
                      Storages([&](const std::string& key) { return content.storages.at(key); }, bytes.size()));
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
    throw Error(error.kind(), "bad weights file: " + error.message(), file.string(), error.hint());
  } catch (const c10::Error& error) {
    throw Error(ErrorKind::kData, "bad weights file: " + std::string(error.what_without_backtrace()), file.string(),
                "it may be truncated; copy it again");
  } catch (const std::logic_error&) {  // of std::stoull, in LibTorch, for a version that is no number
    throw Error(ErrorKind::kData, "bad weights file: its version is no number", file.string(), "copy it again");
  }
}

}  // namespace assay::models
