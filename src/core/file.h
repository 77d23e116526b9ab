#pragma once

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>

namespace assay {

/// Reads a whole file.
/// Errors: Error(kData) naming the path and the system's reason.
std::string read_file(const std::filesystem::path& path);

/// Writes a file atomically: `write` fills a temporary file beside it, which is fsynced and renamed to `path`. Missing
/// parent folders are created. The temporary file is removed if `write` throws. Errors: Error(kData) naming the path
/// and the system's reason (full disk, no permission); whatever `write` throws.
void write_file_atomically(const std::filesystem::path& path,
                           const std::function<void(const std::filesystem::path& temporary)>& write);

/// Writes `bytes`, or several parts one after another, in the same way.
void write_file_atomically(const std::filesystem::path& path, std::string_view bytes);
void write_file_atomically(const std::filesystem::path& path, std::initializer_list<std::string_view> parts);

/// Creates a folder and its parents, and verifies that files can be created in it.
/// Errors: Error(kData) naming the folder and the system's reason.
void make_writable_folder(const std::filesystem::path& folder);

}  // namespace assay
