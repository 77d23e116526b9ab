#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace assay::track {

/// Names a file to be sent. Whatever may have been put in its place since it was logged: only a regular file is, and
/// where `root` is set, only one that lies in that folder, whatever links lead to it.
struct LocalFile {
  LocalFile() = default;
  LocalFile(std::filesystem::path file) : path(std::move(file)) {}  // NOLINT(google-explicit-constructor)
  LocalFile(std::filesystem::path file, std::filesystem::path folder)
      : path(std::move(file)), root(std::move(folder)) {}

  std::filesystem::path path;
  std::filesystem::path root;  ///< empty: anywhere
};

/// A stretch of a file. Units: bytes.
struct FilePart {
  std::int64_t offset = 0;
  std::int64_t size = 0;
};

/// A file, or a part of one, that is being sent.
class UploadSource {
 public:
  /// Opens the file. What is read is added to `num_sent` unless that is null. Errors: none thrown; error() tells.
  explicit UploadSource(const LocalFile& file, const std::optional<FilePart>& part = {},
                        std::atomic<std::int64_t>* num_sent = nullptr);

  /// Says why the file cannot be read; empty while it can.
  const std::string& error() const { return error_; }

  std::int64_t size_bytes() const { return part_.size; }

  /// Reads on, at most `size` bytes. Returns how many; none when error() says why.
  std::size_t read(char* buffer, std::size_t size);

  /// Reads on to the end. Returns less when error() says why.
  std::string read_all();

  /// Goes to a place within what is sent. Returns whether that is possible.
  bool seek(std::int64_t offset);

  /// Takes what was read off the count again, since it did not arrive.
  void take_back();

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::unique_ptr<std::FILE, CloseFile> file_;
  FilePart part_;
  std::int64_t place_ = 0;  // within the part
  std::atomic<std::int64_t>* num_sent_;
  std::string error_;
};

}  // namespace assay::track
