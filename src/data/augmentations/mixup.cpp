// Blends each image of a batch with that of the mirror place: the first with the last, and so on.
// Source: Zhang et al., mixup: Beyond Empirical Risk Minimization, arXiv 1710.09412, eq. 1; one share holds for the
// whole batch.

#include <torch/torch.h>

#include "data/augmentation_plugin.h"

namespace assay::data {
namespace {

struct MixupOptions {
  double alpha = 0.2;

  static auto schema() {
    return config::schema<MixupOptions>(config::field("alpha", &MixupOptions::alpha, config::between(0.01, 10.0),
                                                      "the share of an image is drawn from Beta(alpha, alpha)"));
  }
};

class Mixup final : public Augmentation {
 public:
  explicit Mixup(const MixupOptions& options) : alpha_(options.alpha) {}

  bool mixes() const override { return true; }

  void mix(Batch& batch, Rng& rng) const override {
    batch.share = rng.beta(alpha_, alpha_);
    batch.other_labels = batch.labels.flip(0);
    batch.images = batch.images * batch.share + batch.images.flip(0) * (1.0 - batch.share);
  }

 private:
  double alpha_;
};

}  // namespace

ASSAY_AUGMENTATION(mixup, Mixup, MixupOptions)

}  // namespace assay::data
