#include "models/safetensors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <string_view>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "models/element_scalar.h"
#include "models/safetensors_header.h"

namespace assay::models {
namespace {

constexpr std::size_t kAlignment = 8;  // of the first tensor

std::string_view name_of(at::ScalarType type) {
  const auto found = std::find(kScalarTypes.begin(), kScalarTypes.end(), type);
  if (found == kScalarTypes.end()) {
    throw Error(ErrorKind::kData, fmt::format("tensors of type {} cannot be written", c10::toString(type)));
  }
  return kElementRows.at(static_cast<std::size_t>(found - kScalarTypes.begin())).safetensors;
}

void read_bytes(std::istream& stream, void* bytes, std::uint64_t count) {
  stream.read(static_cast<char*>(bytes), static_cast<std::streamsize>(count));
  if (!stream) throw Error(ErrorKind::kData, "it ends too early");
}

Safetensors read(const std::filesystem::path& file) {
  std::error_code code;
  const auto file_size = std::filesystem::file_size(file, code);
  std::ifstream stream(file, std::ios::binary);
  if (code || !stream) throw Error(ErrorKind::kData, "cannot read the weights file", file.string());
  std::string text(std::min<std::uint64_t>(kHeaderSizeBytes, file_size), '\0');
  read_bytes(stream, text.data(), text.size());
  text.resize(parse_header_size(text, file_size));
  read_bytes(stream, text.data(), text.size());
  const auto start = kHeaderSizeBytes + text.size();
  auto header = parse_safetensors_header(text, file_size - start);
  Safetensors content;
  content.metadata = std::move(header.metadata);
  for (auto& place : header.tensors) {
    auto tensor = at::empty(place.shape, scalar_type(place.type));
    stream.seekg(static_cast<std::streamoff>(start + place.begin));
    if (place.end > place.begin) read_bytes(stream, tensor.mutable_data_ptr(), place.end - place.begin);
    content.tensors.emplace_back(std::move(place.name), std::move(tensor));
  }
  return content;
}

}  // namespace

Safetensors read_safetensors(const std::filesystem::path& file) {
  try {
    return read(file);
  } catch (const Error& error) {
    if (error.location() == file.string()) throw;
    throw Error(ErrorKind::kData, "bad safetensors file: " + error.message(), file.string());
  }
}

void write_safetensors(const std::filesystem::path& file, const Safetensors& content) {
  Json header = Json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  std::string bytes;
  for (const auto& [name, value] : content.tensors) {
    const auto tensor = value.detach().cpu().contiguous();
    const auto begin = bytes.size();
    bytes.append(static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes());
    header[name] = {{"dtype", std::string(name_of(tensor.scalar_type()))},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {begin, bytes.size()}}};
  }
  auto text = format_json(header);
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  const std::uint64_t size = text.size();
  write_file_atomically(file, {std::string_view(reinterpret_cast<const char*>(&size), sizeof(size)), text, bytes});
}

}  // namespace assay::models
