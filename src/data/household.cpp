// Ten household objects of CIFAR-100, five electrical devices and five pieces of furniture, relabelled from 0.

#include <ATen/ops/tensor.h>

#include <algorithm>

#include "core/sha256.h"
#include "data/cifar100_layout.h"
#include "data/plugin.h"

namespace assay::data {
namespace {

struct HouseholdOptions {
  std::string folder;

  static auto schema() {
    return config::schema<HouseholdOptions>(
        config::field("folder", &HouseholdOptions::folder,
                      "where train.bin and test.bin of CIFAR-100 lie; empty: $ASSAY_CIFAR100, or else "
                      "data/cifar-100-binary")
            .outside_run_key());
  }
};

class Household final : public Dataset {
 public:
  explicit Household(const HouseholdOptions& options)
      : files_(cifar100_layout(/*coarse=*/false),
               choose_folder(options.folder, "ASSAY_CIFAR100", "data/cifar-100-binary")) {}

  std::shared_ptr<const Source> open(Split split) const override {
    const auto all = files_.read(split);
    if (!all) return nullptr;
    const auto labels = new_labels().index_select(0, all->labels());
    const auto places = labels.ge(0).nonzero().squeeze(1);  // (N)
    return std::make_shared<MemorySource>(all->pixels().index_select(0, places), labels.index_select(0, places));
  }

  ImageSize image_size() const override { return {32, 32}; }
  const std::vector<std::string>& class_names() const override { return class_names_; }
  Normalization normalization() const override { return cifar100_normalization(); }
  std::string digest() const override { return sha256("household " + files_.digest()); }

  std::string description() const override {
    return "ten household objects of CIFAR-100, 32x32, from " + files_.folder().string();
  }

 private:
  // Shapes: -> (100) int64, -1 for the classes that are left out.
  at::Tensor new_labels() const {
    const auto names = cifar100_names(/*coarse=*/false);
    std::vector<std::int64_t> labels;
    for (const auto& name : names) {
      const auto found = std::find(class_names_.begin(), class_names_.end(), name);
      labels.push_back(found == class_names_.end() ? -1 : found - class_names_.begin());
    }
    return at::tensor(labels, at::kLong);
  }

  CifarFiles files_;
  std::vector<std::string> class_names_ = {"clock", "keyboard", "lamp",  "telephone", "television",
                                           "bed",   "chair",    "couch", "table",     "wardrobe"};
};

}  // namespace

ASSAY_DATASET(household, Household, HouseholdOptions)

}  // namespace assay::data
