// CIFAR-10 in its binary layout. Mean and deviation are those of its training set.

#include "data/cifar_files.h"
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

  static auto schema() {
    return config::schema<Cifar10Options>(
        config::field("folder", &Cifar10Options::folder,
                      "where the .bin files lie; empty: $ASSAY_CIFAR10, or else data/cifar-10-batches-bin")
            .outside_run_key());
  }
};

class Cifar10 final : public Dataset {
 public:
  explicit Cifar10(const Cifar10Options& options)
      : files_(layout(), choose_folder(options.folder, "ASSAY_CIFAR10", "data/cifar-10-batches-bin")),
        class_names_(files_.read_class_names("batches.meta.txt", {"airplane", "automobile", "bird", "cat", "deer",
                                                                  "dog", "frog", "horse", "ship", "truck"})) {}

  std::shared_ptr<const Source> open(Split split) const override { return files_.read(split); }
  ImageSize image_size() const override { return {32, 32}; }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  Normalization normalization() const override { return {{0.4914F, 0.4822F, 0.4465F}, {0.2470F, 0.2435F, 0.2616F}}; }
  std::string digest() const override { return files_.digest(); }

  std::string description() const override {
    return fmt::format("CIFAR-10 layout, 32x32, {} training and {} test images from {}",
                       files_.count_images(Split::kTrain), files_.count_images(Split::kTest), files_.folder().string());
  }

 private:
  CifarFiles files_;
  std::vector<std::string> class_names_;
};

}  // namespace

ASSAY_DATASET(cifar10, Cifar10, Cifar10Options)

}  // namespace assay::data
