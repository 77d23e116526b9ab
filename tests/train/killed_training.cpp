// Trains the small network of training_fixture.h in FOLDER, resuming from its contents, and prints the SHA-256 of the
// final weights: killed_training FOLDER [bf16] [checkpointed]. Returns 3 if a measured duration is negative.
// resume_kill_test.cpp kills this program.

#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "core/sha256.h"
#include "train/training_fixture.h"

namespace {

bool has_negative_time(const assay::train::Epoch& epoch) {
  const auto& times = epoch.times;
  return std::min({epoch.seconds, epoch.images_per_second, times.data, times.forward, times.backward, times.optimizer,
                   times.logging}) < 0.0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  assay::train::SmallTraining training;
  for (const std::string_view mode : std::vector<std::string_view>(argv + 2, argv + argc)) {
    if (mode == "bf16") training.precision = assay::train::Precision::kBf16;
    if (mode == "checkpointed") training.checkpoints_gradients = true;
  }
  training.options.epochs = 25;
  training.options.checkpoint.every_steps = 2;
  training.options.max_time_s = 1e6;
  assay::train::TinyNet net;
  assay::train::LastPoint sink;
  const auto history = training.run(net, argv[1], sink).history;
  if (std::any_of(history.begin(), history.end(), has_negative_time)) return 3;
  const auto values = assay::train::all_values(net).contiguous();
  const auto* bytes = static_cast<const char*>(values.const_data_ptr());
  std::printf("%s\n", assay::sha256({bytes, values.nbytes()}).c_str());
  return 0;
}
