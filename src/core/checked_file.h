#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace assay {

/// Writes bytes atomically behind a line that tells what they are, how many, and their SHA-256:
/// "assay <kind> 1 <size> <sha256>\n".
/// Errors: Error(kData) naming the path and the system's reason.
void write_checked_file(const std::filesystem::path& path, std::string_view kind, std::string_view bytes);

/// Reads such a file. Returns the bytes behind the line.
/// Errors: Error(kData) when it is missing, of another kind, shorter or longer than told, or changed.
std::string read_checked_file(const std::filesystem::path& path, std::string_view kind);

}  // namespace assay
