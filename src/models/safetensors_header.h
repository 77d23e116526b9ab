#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "models/element_type.h"

namespace assay::models {

/// Where a tensor of a safetensors file lies. Units: bytes behind the header.
struct TensorPlace {
  std::string name;
  ElementType type = ElementType::kFloat32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0, end = 0;
};

/// What a safetensors file says of its content, checked: no tensor overlaps another or exceeds the file.
struct SafetensorsHeader {
  std::vector<TensorPlace> tensors;  ///< in the order in which they lie
  std::map<std::string, std::string> metadata;
};

/// How many bytes come before the header: its size.
inline constexpr std::size_t kHeaderSizeBytes = 8;

/// Reads the size of the header from the first bytes of a file of `file_size` bytes, so that nothing larger than the
/// format allows is read at all. Errors: Error(kData), without location, above 100,000,000 bytes or the file's.
std::uint64_t parse_header_size(std::string_view first_bytes, std::uint64_t file_size);

/// Reads the header of a file that holds `num_bytes` behind it, in memory that is a small multiple of the header's.
/// Errors: Error(kData), without location, for anything that the format does not have, a name given twice, a shape that
/// does not fit its bytes, and bytes that overlap or lie outside of the file.
/// Source: https://github.com/huggingface/safetensors, section "Format".
SafetensorsHeader parse_safetensors_header(std::string_view json, std::uint64_t num_bytes);

}  // namespace assay::models
