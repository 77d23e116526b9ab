// CIFAR-10 in its binary layout. Mean and deviation are by default those of its training set.

#include "data/cifar_files.h"
#include "data/normalization.h"
#include "data/plugin.h"

namespace assay::data {
namespace {

CifarLayout layout() {
  return {"CIFAR-10",
          "run `scripts/download cifar10`; or get cifar-10-binary.tar.gz from "
          "https://www.cs.toronto.edu/~kriz/cifar.html, unpack it, and name its folder with data.folder=PATH or in the "
          "environment as ASSAY_CIFAR10",
          {"data_batch_1.bin", "data_batch_2.bin", "data_batch_3.bin", "data_batch_4.bin", "data_batch_5.bin"},
          {"test_batch.bin"},
          /*num_label_bytes=*/1,
          /*label_byte=*/0,
          /*num_classes=*/10};
}

struct Cifar10Options {
  std::string folder;
  std::vector<double> mean = {0.4914, 0.4822, 0.4465};
  std::vector<double> std = {0.2470, 0.2435, 0.2616};

  static auto schema() {
    return config::schema<Cifar10Options>(
        config::field("folder", &Cifar10Options::folder,
                      "where the .bin files lie; empty: $ASSAY_CIFAR10, or else data/cifar-10-batches-bin")
            .outside_run_key(),
        config::field("mean", &Cifar10Options::mean, "of red, green and blue, 0 to 1, as the network expects it"),
        config::field("std", &Cifar10Options::std, "standard deviation of red, green and blue, 0 to 1"));
  }
};

class Cifar10 final : public Dataset {
 public:
  explicit Cifar10(const Cifar10Options& options)
      : files_(layout(), choose_folder(options.folder, "ASSAY_CIFAR10", "data/cifar-10-batches-bin")),
        class_names_(files_.read_class_names("batches.meta.txt", {"airplane", "automobile", "bird", "cat", "deer",
                                                                  "dog", "frog", "horse", "ship", "truck"})),
        normalization_(read_normalization(options.mean, options.std)) {}

  std::shared_ptr<const Source> open(Split split) const override { return files_.read(split); }
  ImageSize image_size() const override { return {32, 32}; }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  Normalization normalization() const override { return normalization_; }
  std::string digest() const override { return files_.digest(); }

  std::string description() const override {
    return fmt::format("CIFAR-10 layout, 32x32, {} training and {} test images from {}",
                       files_.count_images(Split::kTrain), files_.count_images(Split::kTest), files_.folder().string());
  }

 private:
  CifarFiles files_;
  std::vector<std::string> class_names_;
  Normalization normalization_;
};

}  // namespace

ASSAY_DATASET(cifar10, Cifar10, Cifar10Options)

}  // namespace assay::data
