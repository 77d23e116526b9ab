// Image files of one folder, and lists that give each its class: train.txt, test.txt and, where there is one, val.txt,
// with lines "FILE LABEL", labels from 0; and classes.txt, a line a class, which may begin with a number.
// Source: Wu et al., IP102: A Large-Scale Benchmark Dataset for Insect Pest Recognition, CVPR 2019, is laid out so.

#include <charconv>
#include <sstream>
#include <tuple>

#include "core/error.h"
#include "core/file.h"
#include "data/image_file_set.h"
#include "data/plugin.h"

namespace assay::data {
namespace {

namespace fs = std::filesystem;

struct ImageListOptions : ImageFileOptions {
  std::string images = "images";
  std::string classes = "classes.txt";

  static auto schema() {
    using Options = ImageListOptions;
    return std::tuple_cat(
        ImageFileOptions::schema(),
        config::schema<Options>(
            config::field("images", &Options::images, "folder in it that the lists' names begin from"),
            config::field("classes", &Options::classes, "file of the classes' names, in the order of their labels")));
  }
};

std::string trim(std::string text) {
  constexpr auto kBlank = " \t\r";
  text.erase(0, text.find_first_not_of(kBlank));
  text.erase(text.find_last_not_of(kBlank) + 1);
  return text;
}

std::vector<std::string> read_lines(const fs::path& file) {
  std::istringstream stream(read_file(file));
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(trim(line));
  return lines;
}

// "12  rice leaf roller" is class "rice leaf roller".
std::string class_name(const std::string& line) {
  const auto digits = line.find_first_not_of("0123456789");
  const bool is_numbered = digits != std::string::npos && digits > 0 && (line[digits] == ' ' || line[digits] == '\t');
  return is_numbered ? trim(line.substr(digits)) : line;
}

class ImageList final : public ImageFileSet {
 public:
  explicit ImageList(const ImageListOptions& options) : ImageFileSet(options), images_(options.images) {
    std::vector<std::string> names;
    for (const auto& line : read_lines(folder() / options.classes)) {
      if (!line.empty()) names.push_back(class_name(line));
    }
    set_class_names(std::move(names));
    files_of(Split::kTrain) = read_list("train.txt");
    if (fs::exists(folder() / "val.txt")) files_of(Split::kValidation) = read_list("val.txt");
    files_of(Split::kTest) = read_list("test.txt");
  }

 private:
  LabelledFiles read_list(const std::string& name) const {
    const auto file = folder() / name;
    LabelledFiles files;
    std::size_t number = 0;
    for (const auto& line : read_lines(file)) {
      ++number;
      if (line.empty()) continue;
      const auto blank = line.find_last_of(" \t");
      const auto fail = [&](const std::string& why) {
        throw Error(ErrorKind::kData, why, fmt::format("{}:{}", file.string(), number), "lines are \"FILE LABEL\"");
      };
      if (blank == std::string::npos) fail("a line without a label");
      std::int64_t label = -1;
      const auto* end = line.data() + line.size();
      const auto parsed = std::from_chars(line.data() + blank + 1, end, label);
      if (parsed.ec != std::errc() || parsed.ptr != end) fail("the label is no number");
      if (label < 0 || label >= static_cast<std::int64_t>(class_names().size())) {
        fail(fmt::format("label {} of {} classes: they begin with 0", label, class_names().size()));
      }
      files.names.push_back(images_ + "/" + trim(line.substr(0, blank)));
      files.labels.push_back(label);
    }
    if (files.names.empty()) throw Error(ErrorKind::kData, "the list names no images", file.string());
    return files;
  }

  std::string images_;
};

}  // namespace

ASSAY_DATASET(image_list, ImageList, ImageListOptions)

}  // namespace assay::data
