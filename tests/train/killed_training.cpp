// Trains the small network of training_fixture.h in FOLDER, going on from what is there, and prints the SHA-256 of the
// final weights: killed_training FOLDER. What resume_kill_test.cpp kills.

#include <cstdio>

#include "core/sha256.h"
#include "train/training_fixture.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  assay::train::SmallTraining training;
  training.options.epochs = 25;
  training.options.checkpoint.every_steps = 2;
  assay::train::TinyNet net;
  assay::train::LastPoint sink;
  training.run(net, argv[1], sink);
  const auto values = assay::train::all_values(net).contiguous();
  const auto* bytes = static_cast<const char*>(values.const_data_ptr());
  std::printf("%s\n", assay::sha256({bytes, values.nbytes()}).c_str());
  return 0;
}
