#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/cifar_rows.h"
#include "data/dataset.h"
#include "data/source.h"

namespace assay::data {

/// The files of a CIFAR set in one folder.
class CifarFiles {
 public:
  /// Checks the folder and the sizes of all files. Errors: Error(kData) naming the file.
  CifarFiles(CifarLayout layout, std::filesystem::path folder);

  /// Reads a split; null for kValidation, which no CIFAR set has. Shapes: pixels (N, 3, 32, 32). Errors: Error(kData).
  std::shared_ptr<const MemorySource> read(Split split) const;

  std::int64_t count_images(Split split) const;

  /// Returns the SHA-256 of all files in hexadecimal.
  std::string digest() const;

  /// Reads the names of the classes, separated by white space; `usual` where there is no such file.
  /// Errors: Error(kData) for another number of names, or text that is not UTF-8.
  std::vector<std::string> read_class_names(const std::string& file, std::vector<std::string> usual) const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  const std::vector<std::string>& names_of(Split split) const;
  std::int64_t count_rows(const std::filesystem::path& file) const;
  void read_rows(const std::filesystem::path& file, std::int64_t num_rows, std::uint8_t* pixels,
                 std::int64_t* labels) const;

  CifarLayout layout_;
  std::filesystem::path folder_;
};

/// Returns the folder that `option` names, or else the environment variable, or else `usual`.
std::filesystem::path choose_folder(const std::string& option, const char* variable, const char* usual);

}  // namespace assay::data
