#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

// Small text files below /proc and /sys in which Linux describes itself. Absent or malformed content is no error: which
// files exist differs between kernels and containers.

/// Reads a whole file; empty if it cannot be read.
std::string read_system_file(const std::filesystem::path& path);

/// Returns the value after `key` on the first line that begins with it, without the blanks and the colon between them,
/// as in "MemTotal:  5 kB" and "usage_usec 5"; empty if there is none.
std::string_view find_field(std::string_view text, std::string_view key);

/// Reads the integer at the start of `text`; nothing for "max", a fraction, or a number that does not fit.
std::optional<std::int64_t> parse_count(std::string_view text);

}  // namespace assay
