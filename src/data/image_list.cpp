// Image files of one folder, and lists that give each its class: train.txt, test.txt and, where there is one, val.txt,
// with lines "FILE LABEL", labels from 0; and classes.txt, a line a class, which may begin with a number.
// Source: Wu et al., IP102: A Large-Scale Benchmark Dataset for Insect Pest Recognition, CVPR 2019, is laid out so.

#include <tuple>
#include <utility>

#include "core/error.h"
#include "core/file.h"
#include "data/image_file_set.h"
#include "data/image_list_lines.h"
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

class ImageList final : public ImageFileSet {
 public:
  explicit ImageList(const ImageListOptions& options) : ImageFileSet(options), images_(options.images) {
    set_class_names(parse_class_names(read_file(folder() / options.classes)));
    files_of(Split::kTrain) = read_list("train.txt");
    if (fs::exists(folder() / "val.txt")) files_of(Split::kValidation) = read_list("val.txt");
    files_of(Split::kTest) = read_list("test.txt");
  }

 private:
  LabelledFiles read_list(const std::string& name) const {
    const auto file = (folder() / name).string();
    LabelledFiles files;
    for (const auto& image : parse_image_list(read_file(file), static_cast<std::int64_t>(class_names().size()), file)) {
      auto path = images_ + "/" + image.name;
      std::error_code code;
      if (!fs::is_regular_file(folder() / path, code)) {
        throw Error(ErrorKind::kData, fmt::format("the list names {}, which is no file", (folder() / path).string()),
                    fmt::format("{}:{}", file, image.line), "data.images names the folder that the names begin from");
      }
      files.names.push_back(std::move(path));
      files.labels.push_back(image.label);
    }
    return files;
  }

  std::string images_;
};

}  // namespace

ASSAY_DATASET(image_list, ImageList, ImageListOptions)

}  // namespace assay::data
