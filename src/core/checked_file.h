#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace assay {

/// Writes bytes atomically after a header line with their kind, size and SHA-256: "assay <kind> 1 <size> <sha256>\n".
/// Errors: Error(kData) naming the path and the system's reason.
void write_checked_file(const std::filesystem::path& path, std::string_view kind, std::string_view bytes);

/// Reads such a file. Returns the bytes after the header line.
/// Errors: Error(kData) if it is missing, of another kind, of another size than the header says, or changed.
std::string read_checked_file(const std::filesystem::path& path, std::string_view kind);

}  // namespace assay
