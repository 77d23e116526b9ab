#pragma once

#include <cstdint>
#include <string_view>

namespace assay::track {

inline constexpr std::uint32_t kEmptyChecksum = 2166136261U;

/// Continues the checksum of the bytes before with these. It finds damage, not malice; each change within one byte is
/// found for certain. Source: Fowler, Noll and Vo, FNV-1a with 32 bits.
inline std::uint32_t checksum(std::string_view bytes, std::uint32_t before = kEmptyChecksum) {
  for (const char c : bytes) before = (before ^ static_cast<unsigned char>(c)) * 16777619U;
  return before;
}

}  // namespace assay::track
