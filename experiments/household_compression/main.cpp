// How much smaller and faster does int8 make a small image classifier, and how much accuracy does it cost?
// Run:      household_compression experiment=demo          (drawn images; 4 minutes on 2 cores)
//           household_compression data=cifar10 data.folder=DIR
// Expected: README.md beside this file.

#include "app/compression_study.h"

int main(int argc, char** argv) {
  const auto experiment = assay::app::compression_study(
      "household_compression",
      "Trains and compresses a small image classifier and compares size, latency and accuracy.");
  return assay::app::run_main(experiment, argc, argv);
}
