// Folders of image files, one a class: FOLDER/train/CLASS/*, FOLDER/test/CLASS/* and, where there is one,
// FOLDER/val/CLASS/*; or FOLDER/CLASS/*, from which test images are split off.

#include <ATen/ops/tensor.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <set>
#include <tuple>

#include "core/error.h"
#include "data/image_file_set.h"
#include "data/plugin.h"
#include "data/split.h"

namespace assay::data {
namespace {

namespace fs = std::filesystem;

struct ImageFolderOptions : ImageFileOptions {
  double test_fraction = 0.2;
  std::int64_t split_seed = 1;

  static auto schema() {
    using Options = ImageFolderOptions;
    return std::tuple_cat(
        ImageFileOptions::schema(),
        config::schema<Options>(
            config::field("test_fraction", &Options::test_fraction, config::between(0.0, 0.9),
                          "share of each class that is kept for the test, where there is no folder train"),
            config::field("split_seed", &Options::split_seed, config::at_least(0),
                          "which images these are; apart from the run's seed")));
  }
};

bool is_image(const std::string& name) {
  static const std::set<std::string> kExtensions = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp", ".tif", ".tiff"};
  const auto dot = name.rfind('.');
  if (dot == std::string::npos) return false;
  auto extension = name.substr(dot);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](unsigned char letter) { return std::tolower(letter); });
  return kExtensions.contains(extension);
}

// Paths are compared and taken apart as text: part by part takes most of the time of a large folder.
std::string name_of(const fs::directory_entry& entry) {
  const auto& path = entry.path().native();
  return path.substr(path.rfind('/') + 1);
}

// Lists what is in a folder by name, hidden entries left out.
std::vector<fs::directory_entry> list(const fs::path& folder) {
  std::error_code code;
  std::vector<fs::directory_entry> entries;
  for (fs::directory_iterator entry(folder, code), end; !code && entry != end; entry.increment(code)) {
    if (name_of(*entry).front() != '.') entries.push_back(*entry);
  }
  if (code) {
    throw Error(ErrorKind::kData, "cannot read the folder: " + code.message(), folder.string(),
                "name the folder that holds the images with data.folder=PATH");
  }
  std::sort(entries.begin(), entries.end(),
            [](const auto& left, const auto& right) { return left.path().native() < right.path().native(); });
  return entries;
}

// Tells whether an entry is of a type, links followed; a link that leads nowhere is no reason to leave an image out.
// The listing tells the types of what is no link.
bool is_of_type(const fs::directory_entry& entry, fs::file_type type) {
  std::error_code code;
  const bool is_it = type == fs::file_type::directory ? entry.is_directory(code) : entry.is_regular_file(code);
  if (!code) return is_it;
  throw Error(ErrorKind::kData, "cannot be read: " + code.message(), entry.path().string(),
              "remove it, or put back what it links to");
}

/// Names of image files, relative to the data set's folder, by class.
using FilesOfClasses = std::map<std::string, std::vector<std::string>>;

FilesOfClasses list_classes(const fs::path& root, const std::string& split) {
  FilesOfClasses classes;
  for (const auto& folder : list(root / split)) {
    if (!is_of_type(folder, fs::file_type::directory)) continue;
    const auto name = name_of(folder);
    const auto prefix = (split.empty() ? name : split + "/" + name) + "/";
    auto& files = classes[name];
    for (const auto& file : list(folder.path())) {
      const auto name_of_file = name_of(file);
      if (is_image(name_of_file) && is_of_type(file, fs::file_type::regular)) files.push_back(prefix + name_of_file);
    }
    if (files.empty()) {
      throw Error(ErrorKind::kData, "the folder of a class holds no images", folder.path().string(),
                  "remove it, or put images into it (JPEG, PNG, WebP, GIF, BMP or TIFF)");
    }
  }
  return classes;
}

std::vector<std::string> keys(const FilesOfClasses& classes) {
  std::vector<std::string> names;
  for (const auto& [name, files] : classes) names.push_back(name);
  return names;
}

LabelledFiles flatten(const FilesOfClasses& classes) {
  LabelledFiles files;
  std::int64_t label = 0;
  for (const auto& [name, its_files] : classes) {
    files.names.insert(files.names.end(), its_files.begin(), its_files.end());
    files.labels.insert(files.labels.end(), its_files.size(), label++);
  }
  return files;
}

LabelledFiles select(const LabelledFiles& files, const std::vector<std::int64_t>& places) {
  LabelledFiles selected;
  for (const auto place : places) {
    selected.names.push_back(files.names[static_cast<std::size_t>(place)]);
    selected.labels.push_back(files.labels[static_cast<std::size_t>(place)]);
  }
  return selected;
}

class ImageFolder final : public ImageFileSet {
 public:
  explicit ImageFolder(const ImageFolderOptions& options) : ImageFileSet(options) {
    if (is_directory("train")) {
      read_splits();
    } else {
      divide(options.test_fraction, static_cast<std::uint64_t>(options.split_seed));
    }
  }

 private:
  bool is_directory(const char* name) const {
    std::error_code code;  // list() says why a folder cannot be read
    return fs::is_directory(folder() / name, code);
  }

  void read_splits() {
    for (const auto& [split, name] :
         {std::pair(Split::kTrain, "train"), std::pair(Split::kValidation, "val"), std::pair(Split::kTest, "test")}) {
      if (split == Split::kValidation && !is_directory(name)) continue;
      const auto classes = list_classes(folder(), name);
      if (split == Split::kTrain) set_class_names(keys(classes));
      check_classes(classes, name);
      files_of(split) = flatten(classes);
    }
  }

  void divide(double test_fraction, std::uint64_t seed) {
    const auto classes = list_classes(folder(), "");
    set_class_names(keys(classes));
    const auto all = flatten(classes);
    const auto parts = split_validation(at::tensor(all.labels, at::kLong), test_fraction, seed);
    files_of(Split::kTrain) = select(all, parts.train);
    files_of(Split::kTest) = select(all, parts.validation);
    if (parts.train.empty() || parts.validation.empty()) {
      throw Error(ErrorKind::kConfig,
                  fmt::format("data.test_fraction = {} leaves {} images for training and {} for the test",
                              test_fraction, parts.train.size(), parts.validation.size()));
    }
  }

  void check_classes(const FilesOfClasses& classes, const std::string& split) const {
    for (const auto& name : class_names()) {
      if (classes.contains(name)) continue;
      throw Error(ErrorKind::kData, fmt::format("class \"{}\" of train is missing", name), (folder() / split).string());
    }
    for (const auto& [name, files] : classes) {
      if (std::find(class_names().begin(), class_names().end(), name) != class_names().end()) continue;
      throw Error(ErrorKind::kData, fmt::format("class \"{}\" is not one of train's", name),
                  (folder() / split).string());
    }
  }
};

}  // namespace

ASSAY_DATASET(image_folder, ImageFolder, ImageFolderOptions)

}  // namespace assay::data
