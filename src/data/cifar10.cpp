// CIFAR-10 in its binary layout: rows of one label byte and 3 x 32 x 32 pixel bytes, five training files and one for
// tests. A file may hold any number of whole rows. Source: Krizhevsky, Learning Multiple Layers of Features from Tiny
// Images, 2009; mean and deviation of its training set.

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include "core/error.h"
#include "core/file.h"
#include "core/json.h"
#include "core/sha256.h"
#include "data/plugin.h"

namespace assay::data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSide = 32;
constexpr std::int64_t kPixelBytes = 3 * kSide * kSide;
constexpr std::int64_t kRowBytes = 1 + kPixelBytes;
constexpr int kNumClasses = 10;
constexpr const char* kHint =
    "get cifar-10-binary.tar.gz from https://www.cs.toronto.edu/~kriz/cifar.html, unpack it, and name its folder with "
    "data.folder=PATH or in the environment as ASSAY_CIFAR10";

struct Cifar10Options {
  std::string folder;

  static auto schema() {
    return config::schema<Cifar10Options>(
        config::field("folder", &Cifar10Options::folder,
                      "where the .bin files lie; empty: $ASSAY_CIFAR10, or else data/cifar-10-batches-bin"));
  }
};

fs::path chosen_folder(const Cifar10Options& options) {
  if (!options.folder.empty()) return options.folder;
  const char* from_environment = std::getenv("ASSAY_CIFAR10");
  if (from_environment != nullptr && *from_environment != '\0') return from_environment;
  return "data/cifar-10-batches-bin";
}

std::vector<std::string> file_names(Split split) {
  if (split == Split::kTest) return {"test_batch.bin"};
  return {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"};
}

/// Returns the number of rows, from the file's size alone.
std::int64_t count_rows(const fs::path& file) {
  std::error_code failure;
  if (!fs::is_regular_file(file, failure))
    throw Error(ErrorKind::kData, "CIFAR-10: file is missing", file.string(), kHint);
  const auto size = static_cast<std::int64_t>(fs::file_size(file, failure));
  if (failure) throw Error(ErrorKind::kData, "CIFAR-10: " + failure.message(), file.string());
  if (size == 0) throw Error(ErrorKind::kData, "CIFAR-10: file is empty", file.string(), kHint);
  if (size % kRowBytes != 0) {
    throw Error(
        ErrorKind::kData,
        fmt::format("CIFAR-10: {} bytes are {} rows of {} bytes and {} bytes over: file is cut off or has more in it",
                    size, size / kRowBytes, kRowBytes, size % kRowBytes),
        file.string(), "copy or unpack the file again");
  }
  return size / kRowBytes;
}

/// Copies the rows of a file to where `pixels` and `labels` point.
void read_rows(const fs::path& file, std::int64_t num_rows, std::uint8_t* pixels, std::int64_t* labels) {
  const std::string bytes = read_file(file);
  if (static_cast<std::int64_t>(bytes.size()) != num_rows * kRowBytes) {
    throw Error(ErrorKind::kData, "CIFAR-10: file changed while it was read", file.string());
  }
  for (std::int64_t row = 0; row < num_rows; ++row) {
    const char* start = bytes.data() + row * kRowBytes;
    labels[row] = static_cast<std::uint8_t>(*start);
    if (labels[row] >= kNumClasses) {
      throw Error(ErrorKind::kData, fmt::format("CIFAR-10: label {} in row {}: must be 0 to 9", labels[row], row),
                  file.string(), "the file is damaged, or not CIFAR-10 (CIFAR-100 has two label bytes a row)");
    }
    std::memcpy(pixels + row * kPixelBytes, start + 1, kPixelBytes);
  }
}

/// Reads the names from batches.meta.txt where there is one.
std::vector<std::string> read_class_names(const fs::path& file) {
  std::error_code failure;
  if (!fs::exists(file, failure)) {
    return {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"};
  }
  std::istringstream words(read_file(file));
  std::vector<std::string> names;
  for (std::string name; words >> name;) {
    if (!is_utf8(name)) {
      throw Error(ErrorKind::kData, fmt::format("CIFAR-10: the name of class {} is not UTF-8", names.size()),
                  file.string(), "save the file as UTF-8, or remove it to use the usual names");
    }
    names.push_back(name);
  }
  if (names.size() != kNumClasses) {
    throw Error(ErrorKind::kData, fmt::format("CIFAR-10: {} class names instead of {}", names.size(), kNumClasses),
                file.string(), "remove the file to use the usual names");
  }
  return names;
}

class Cifar10 final : public Dataset {
 public:
  explicit Cifar10(const Cifar10Options& options) : folder_(chosen_folder(options)) {
    std::error_code failure;
    if (!fs::is_directory(folder_, failure)) {
      throw Error(ErrorKind::kData, "CIFAR-10: folder is missing", folder_.string(), kHint);
    }
    for (const auto split : {Split::kTrain, Split::kTest}) count_images(split);
    class_names_ = read_class_names(folder_ / "batches.meta.txt");
  }

  Images load(Split split) const override {
    const std::int64_t num_images = count_images(split);
    Images images{at::empty({num_images, 3, kSide, kSide}, at::kByte), at::empty({num_images}, at::kLong)};
    auto* pixels = images.pixels.mutable_data_ptr<std::uint8_t>();
    auto* labels = images.labels.mutable_data_ptr<std::int64_t>();
    for (const auto& name : file_names(split)) {
      const std::int64_t num_rows = count_rows(folder_ / name);
      read_rows(folder_ / name, num_rows, pixels, labels);
      pixels += num_rows * kPixelBytes;
      labels += num_rows;
    }
    return images;
  }

  std::array<std::int64_t, 2> image_size() const override { return {kSide, kSide}; }

  const std::vector<std::string>& class_names() const override { return class_names_; }

  std::array<float, 3> mean() const override { return {0.4914F, 0.4822F, 0.4465F}; }
  std::array<float, 3> std() const override { return {0.2470F, 0.2435F, 0.2616F}; }

  std::string digest() const override {
    Sha256 all;
    for (const auto split : {Split::kTrain, Split::kTest}) {
      for (const auto& name : file_names(split)) all.update(name + " " + sha256_of_file(folder_ / name) + "\n");
    }
    return all.finish();
  }

  std::string description() const override {
    return fmt::format("CIFAR-10 layout, 32x32, {} training and {} test images from {}", count_images(Split::kTrain),
                       count_images(Split::kTest), folder_.string());
  }

 private:
  std::int64_t count_images(Split split) const {
    std::int64_t num_images = 0;
    for (const auto& name : file_names(split)) num_images += count_rows(folder_ / name);
    return num_images;
  }

  fs::path folder_;
  std::vector<std::string> class_names_;
};

}  // namespace

ASSAY_DATASET(cifar10, Cifar10, Cifar10Options)

}  // namespace assay::data
