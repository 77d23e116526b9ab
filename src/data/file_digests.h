#pragma once

#include <filesystem>
#include <map>
#include <string>

namespace assay::data {

/// SHA-256 of the files of one folder. A file whose size and time of modification are as they were is not read again:
/// digests are remembered in the user's cache folder, where there is one. A memory that cannot be read is reported and
/// otherwise ignored.
class FileDigests {
 public:
  explicit FileDigests(std::filesystem::path folder);

  /// Keeps what was learned. A disk that is full costs time, no result.
  ~FileDigests();

  FileDigests(const FileDigests&) = delete;
  FileDigests& operator=(const FileDigests&) = delete;

  /// Returns 64 hexadecimal digits. `name` is relative to the folder.
  /// Errors: Error(kData) when the file cannot be read.
  std::string of(const std::string& name);

 private:
  struct Known {
    std::uintmax_t size = 0;
    std::int64_t time = 0;  ///< of modification. Units: nanoseconds
    std::string digest;
  };

  void load();

  std::filesystem::path folder_;
  std::filesystem::path cache_;  ///< empty: nothing is remembered
  std::map<std::string, Known> known_;
  bool has_changed_ = false;
};

}  // namespace assay::data
