#include "data/cifar_files.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <cstdlib>
#include <sstream>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/sha256.h"
#include "data/file_digests.h"

namespace assay::data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSide = 32;
static_assert(kCifarPixelBytes == kNumChannels * kSide * kSide);

}  // namespace

CifarFiles::CifarFiles(CifarLayout layout, fs::path folder) : layout_(std::move(layout)), folder_(std::move(folder)) {
  std::error_code failure;
  if (!fs::is_directory(folder_, failure)) {
    throw Error(ErrorKind::kData, layout_.title + ": folder is missing", folder_.string(), layout_.hint);
  }
  for (const auto split : {Split::kTrain, Split::kTest}) count_images(split);
}

const std::vector<std::string>& CifarFiles::names_of(Split split) const {
  return split == Split::kTest ? layout_.test_files : layout_.train_files;
}

// The file's size alone tells.
std::int64_t CifarFiles::count_rows(const fs::path& file) const {
  std::error_code failure;
  const auto fail = [&](const std::string& why, const std::string& hint = "") {
    throw Error(ErrorKind::kData, layout_.title + ": " + why, file.string(), hint);
  };
  if (!fs::is_regular_file(file, failure)) fail("file is missing", layout_.hint);
  const auto size = static_cast<std::int64_t>(fs::file_size(file, failure));
  if (failure) fail(failure.message());
  return count_cifar_rows(layout_, size, file.string());
}

std::int64_t CifarFiles::count_images(Split split) const {
  std::int64_t num_images = 0;
  for (const auto& name : names_of(split)) num_images += count_rows(folder_ / name);
  return num_images;
}

void CifarFiles::read_rows(const fs::path& file, std::int64_t num_rows, std::uint8_t* pixels,
                           std::int64_t* labels) const {
  copy_cifar_rows(layout_, read_file(file), num_rows, file.string(), pixels, labels);
}

std::shared_ptr<const MemorySource> CifarFiles::read(Split split) const {
  if (split == Split::kValidation) return nullptr;
  const std::int64_t num_images = count_images(split);
  auto images = at::empty({num_images, kNumChannels, kSide, kSide}, at::kByte);
  auto image_labels = at::empty({num_images}, at::kLong);
  auto* pixels = images.mutable_data_ptr<std::uint8_t>();
  auto* labels = image_labels.mutable_data_ptr<std::int64_t>();
  for (const auto& name : names_of(split)) {
    const std::int64_t num_rows = count_rows(folder_ / name);
    read_rows(folder_ / name, num_rows, pixels, labels);
    pixels += num_rows * kCifarPixelBytes;
    labels += num_rows;
  }
  return std::make_shared<MemorySource>(std::move(images), std::move(image_labels));
}

std::string CifarFiles::digest() const {
  FileDigests digests(folder_);
  Sha256 all;
  for (const auto split : {Split::kTrain, Split::kTest}) {
    for (const auto& name : names_of(split)) all.update(name + " " + digests.of(name) + "\n");
  }
  return all.finish();
}

std::vector<std::string> CifarFiles::read_class_names(const std::string& file, std::vector<std::string> usual) const {
  const auto path = folder_ / file;
  std::error_code failure;
  if (!fs::exists(path, failure)) return usual;
  std::istringstream words(read_file(path));
  std::vector<std::string> names;
  for (std::string name; words >> name;) {
    if (!is_utf8(name)) {
      throw Error(ErrorKind::kData, fmt::format("{}: the name of class {} is not UTF-8", layout_.title, names.size()),
                  path.string(), "save the file as UTF-8, or remove it to use the usual names");
    }
    names.push_back(name);
  }
  if (names.size() != usual.size()) {
    throw Error(ErrorKind::kData,
                fmt::format("{}: {} class names instead of {}", layout_.title, names.size(), usual.size()),
                path.string(), "remove the file to use the usual names");
  }
  return names;
}

fs::path choose_folder(const std::string& option, const char* variable, const char* usual) {
  if (!option.empty()) return option;
  const char* from_environment = std::getenv(variable);
  if (from_environment != nullptr && *from_environment != '\0') return from_environment;
  return usual;
}

}  // namespace assay::data
