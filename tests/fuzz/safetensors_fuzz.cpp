// Reads arbitrary bytes as the header of a safetensors file: what it describes lies in the file and does not overlap,
// or an assay::Error is thrown. Run: scripts/fuzz

#include <cstdint>
#include <cstdlib>

#include "core/error.h"
#include "models/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace assay::models;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const auto header_size = parse_header_size(bytes.substr(0, kHeaderSizeBytes), size);
    const auto num_bytes = size - kHeaderSizeBytes - header_size;
    std::uint64_t end = 0;
    for (const auto& place : parse_safetensors_header(bytes.substr(kHeaderSizeBytes, header_size), num_bytes).tensors) {
      auto wanted = static_cast<std::uint64_t>(row_of(place.type).num_bytes);
      for (const auto side : place.shape) wanted *= static_cast<std::uint64_t>(side);
      if (place.begin < end || place.end > num_bytes || place.end - place.begin != wanted) std::abort();
      end = place.end;
    }
  } catch (const assay::Error&) {
  }
  return 0;
}
