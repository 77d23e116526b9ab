#include "train/collapse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>

#include "core/error.h"

namespace assay::train {

void check_collapse(double before, double after, std::int64_t num_images, const std::vector<std::string>& ending) {
  constexpr double kStandardErrors = 4.0;
  const auto standard_error = std::sqrt(before * (1.0 - before) / static_cast<double>(num_images));
  if (after >= before / 2.0 || before - after <= kStandardErrors * standard_error) return;
  throw Error(
      ErrorKind::kConfig,
      fmt::format("the network collapsed at the end of its training: {:.2f} % of the validation images are right "
                  "instead of {:.2f} %, after: {}",
                  after * 100.0, before * 100.0, fmt::join(ending, "; ")),
      "",
      "train.batch_norm_batches=0 keeps the statistics of the training, train.ema.decay=0 does without "
      "averaged weights, more batches (train.batch_norm_batches=1000) or a larger micro batch make better "
      "statistics; checkpoints/best.pt holds the best epoch");
}

}  // namespace assay::train
