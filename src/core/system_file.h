#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

// The small text files below /proc and /sys in which Linux tells about itself. What is absent or malformed is no error:
// which of them exist differs between kernels and containers.

/// Reads a whole file; empty when it cannot be read.
std::string read_system_file(const std::filesystem::path& path);

/// Returns what follows `key` on the first line that begins with it, without the blanks and the colon between them, as
/// in "MemTotal:  5 kB" and "usage_usec 5"; empty when there is none.
std::string_view find_field(std::string_view text, std::string_view key);

/// Reads the whole number that `text` begins with; nothing for "max", a fraction, or what does not fit.
std::optional<std::int64_t> parse_count(std::string_view text);

}  // namespace assay
