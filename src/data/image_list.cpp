// Image files of one folder, and lists that give each its class: train.txt, test.txt and, where there is one, val.txt,
// with lines "FILE LABEL", labels from 0; and classes.txt, a line a class, which may begin with a number.
// Source: Wu et al., IP102: A Large-Scale Benchmark Dataset for Insect Pest Recognition, CVPR 2019, is laid out so.

#include <charconv>
#include <map>
#include <sstream>
#include <string_view>
#include <tuple>
#include <utility>

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
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (!lines.empty() && lines[0].starts_with(kByteOrderMark)) lines[0] = trim(lines[0].substr(kByteOrderMark.size()));
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
    std::map<std::string, std::pair<std::int64_t, std::size_t>> known;  // label and line
    std::size_t number = 0;
    for (const auto& line : read_lines(file)) {
      ++number;
      if (line.empty()) continue;
      const auto place = fmt::format("{}:{}", file.string(), number);
      auto [image, label] = parse_line(line, place);
      const auto [earlier, is_new] = known.try_emplace(image, label, number);
      if (!is_new && earlier->second.first != label) {
        throw Error(ErrorKind::kData,
                    fmt::format("{} has label {} here and {} in line {}", image, label, earlier->second.first,
                                earlier->second.second),
                    place, "remove one of the lines");
      }
      std::error_code code;
      if (is_new && !fs::is_regular_file(folder() / image, code)) {
        throw Error(ErrorKind::kData, fmt::format("the list names {}, which is no file", (folder() / image).string()),
                    place, "data.images names the folder that the lists' names begin from");
      }
      files.names.push_back(std::move(image));
      files.labels.push_back(label);
    }
    if (files.names.empty()) throw Error(ErrorKind::kData, "the list names no images", file.string());
    return files;
  }

  // Returns the image, relative to the data set's folder, and its label.
  std::pair<std::string, std::int64_t> parse_line(const std::string& line, const std::string& place) const {
    const auto fail = [&](const std::string& why) {
      throw Error(ErrorKind::kData, why, place, "lines are \"FILE LABEL\"");
    };
    const auto blank = line.find_last_of(" \t");
    if (blank == std::string::npos) fail("a line without a label");
    std::int64_t label = -1;
    const auto* end = line.data() + line.size();
    const auto parsed = std::from_chars(line.data() + blank + 1, end, label);
    if (parsed.ec != std::errc() || parsed.ptr != end) fail("the label is no number");
    if (label < 0 || label >= static_cast<std::int64_t>(class_names().size())) {
      fail(fmt::format("label {} of {} classes: they begin with 0", label, class_names().size()));
    }
    return {images_ + "/" + trim(line.substr(0, blank)), label};
  }

  std::string images_;
};

}  // namespace

ASSAY_DATASET(image_list, ImageList, ImageListOptions)

}  // namespace assay::data
