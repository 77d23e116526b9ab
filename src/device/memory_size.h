#pragma once

#include <cstdint>
#include <string>

namespace assay::device {

/// Reads a size such as "2 GB", "1.5GiB", "800 MB" or "2000000000". Decimal units count in thousands, binary ones (KiB,
/// MiB, GiB) in 1024. Units: bytes. Errors: Error(kConfig) naming `key`.
std::int64_t parse_memory_size(const std::string& text, const std::string& key);

/// Formats for people: "2.4 GB", "830 MB".
std::string format_memory_size(std::int64_t num_bytes);

}  // namespace assay::device
