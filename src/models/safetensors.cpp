#include "models/safetensors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <fstream>
#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"

namespace assay::models {
namespace {

static_assert(std::endian::native == std::endian::little, "the format is little-endian");

constexpr std::uint64_t kMostHeaderBytes = 64 << 20;
constexpr std::size_t kAlignment = 8;  // of the first tensor

const std::vector<std::pair<const char*, at::ScalarType>>& types() {
  static const std::vector<std::pair<const char*, at::ScalarType>> kTypes = {
      {"F64", at::kDouble}, {"F32", at::kFloat}, {"F16", at::kHalf}, {"BF16", at::kBFloat16}, {"I64", at::kLong},
      {"I32", at::kInt},    {"I16", at::kShort}, {"I8", at::kChar},  {"U8", at::kByte},       {"BOOL", at::kBool}};
  return kTypes;
}

at::ScalarType find_type(const std::string& name) {
  for (const auto& [known, type] : types()) {
    if (name == known) return type;
  }
  throw Error(ErrorKind::kData, fmt::format("tensors of type {} cannot be read", name));
}

std::string name_of(at::ScalarType type) {
  for (const auto& [name, known] : types()) {
    if (type == known) return name;
  }
  throw Error(ErrorKind::kData, fmt::format("tensors of type {} cannot be written", c10::toString(type)));
}

/// Where a tensor lies. Units: bytes behind the header.
struct Place {
  std::string name;
  at::ScalarType type;
  std::vector<std::int64_t> shape;
  std::uint64_t begin, end;
};

Place parse_place(const std::string& name, const Json& json, std::uint64_t num_bytes) {
  const auto offsets = json.at("data_offsets").get<std::array<std::uint64_t, 2>>();
  Place place{name, find_type(json.at("dtype").get<std::string>()), json.at("shape").get<std::vector<std::int64_t>>(),
              offsets[0], offsets[1]};
  auto size = static_cast<std::uint64_t>(c10::elementSize(place.type));
  for (const auto side : place.shape) {
    if (side < 0 || (side > 0 && size > num_bytes / static_cast<std::uint64_t>(side))) {
      throw Error(ErrorKind::kData, fmt::format("tensor {} is larger than the file", name));
    }
    size *= static_cast<std::uint64_t>(side);
  }
  if (place.begin > place.end || place.end > num_bytes || place.end - place.begin != size) {
    throw Error(ErrorKind::kData, fmt::format("tensor {} has bytes {} to {} of {}, and its shape wants {}", name,
                                              place.begin, place.end, num_bytes, size));
  }
  return place;
}

void check_order(std::vector<Place>& places) {
  std::sort(places.begin(), places.end(), [](const auto& a, const auto& b) { return a.begin < b.begin; });
  for (std::size_t i = 1; i < places.size(); ++i) {
    if (places[i].begin < places[i - 1].end) {
      throw Error(ErrorKind::kData, fmt::format("tensors {} and {} overlap", places[i - 1].name, places[i].name));
    }
  }
}

Safetensors parse(std::string_view bytes) {
  std::uint64_t header_size = 0;
  if (bytes.size() < sizeof(header_size)) throw Error(ErrorKind::kData, "it ends too early");
  std::memcpy(&header_size, bytes.data(), sizeof(header_size));
  bytes.remove_prefix(sizeof(header_size));
  if (header_size > kMostHeaderBytes || header_size > bytes.size()) {
    throw Error(ErrorKind::kData, fmt::format("its header claims {} bytes", header_size));
  }
  const auto header = parse_json(std::string(bytes.substr(0, header_size)), "the header");
  bytes.remove_prefix(header_size);
  Safetensors content;
  std::vector<Place> places;
  for (const auto& [name, value] : header.items()) {
    if (name == "__metadata__") {
      content.metadata = value.get<std::map<std::string, std::string>>();
    } else {
      places.push_back(parse_place(name, value, bytes.size()));
    }
  }
  check_order(places);
  for (const auto& place : places) {
    auto tensor = at::empty(place.shape, place.type);
    if (place.end > place.begin)
      std::memcpy(tensor.mutable_data_ptr(), bytes.data() + place.begin, place.end - place.begin);
    content.tensors.emplace_back(place.name, std::move(tensor));
  }
  return content;
}

}  // namespace

Safetensors read_safetensors(const std::filesystem::path& file) {
  try {
    return parse(read_file(file));
  } catch (const Error& error) {
    if (error.location() == file.string()) throw;
    throw Error(ErrorKind::kData, "bad safetensors file: " + error.message(), file.string());
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::kData, std::string("bad safetensors file: ") + error.what(), file.string());
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
    header[name] = {{"dtype", name_of(tensor.scalar_type())},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {begin, bytes.size()}}};
  }
  auto text = format_json(header);
  text.resize((text.size() + kAlignment - 1) / kAlignment * kAlignment, ' ');
  const std::uint64_t size = text.size();
  write_file_atomically(file, {std::string_view(reinterpret_cast<const char*>(&size), sizeof(size)), text, bytes});
}

}  // namespace assay::models
