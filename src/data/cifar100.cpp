// CIFAR-100 in its binary layout.

#include "data/cifar100_layout.h"
#include "data/plugin.h"

namespace assay::data {
namespace {

struct Cifar100Options {
  std::string folder;
  std::string labels = "fine";

  static auto schema() {
    return config::schema<Cifar100Options>(
        config::field("folder", &Cifar100Options::folder,
                      "where train.bin and test.bin lie; empty: $ASSAY_CIFAR100, or else data/cifar-100-binary")
            .outside_run_key(),
        config::field("labels", &Cifar100Options::labels, config::one_of("fine", "coarse"),
                      "fine: 100 classes; coarse: 20 groups of five of them"));
  }
};

class Cifar100 final : public Dataset {
 public:
  explicit Cifar100(const Cifar100Options& options)
      : is_coarse_(options.labels == "coarse"),
        files_(cifar100_layout(is_coarse_), choose_folder(options.folder, "ASSAY_CIFAR100", "data/cifar-100-binary")),
        class_names_(files_.read_class_names(is_coarse_ ? "coarse_label_names.txt" : "fine_label_names.txt",
                                             cifar100_names(is_coarse_))) {}

  std::shared_ptr<const Source> open(Split split) const override { return files_.read(split); }
  ImageSize image_size() const override { return {32, 32}; }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  Normalization normalization() const override { return cifar100_normalization(); }
  std::string digest() const override { return files_.digest(); }

  std::string description() const override {
    return fmt::format("CIFAR-100 layout, {} classes, 32x32, {} training and {} test images from {}",
                       class_names_.size(), files_.count_images(Split::kTrain), files_.count_images(Split::kTest),
                       files_.folder().string());
  }

 private:
  bool is_coarse_;
  CifarFiles files_;
  std::vector<std::string> class_names_;
};

}  // namespace

ASSAY_DATASET(cifar100, Cifar100, Cifar100Options)

}  // namespace assay::data
