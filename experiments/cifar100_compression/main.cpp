// How far does EfficientNet-B0 get on CIFAR-100, and what does int8 cost where there are many classes?
// Run:      cifar100_compression experiment=smoke                       (drawn images; 10 seconds on 2 cores)
//           cifar100_compression data.folder=DIR
// Expected: README.md beside this file.

#include "app/compression_study.h"

int main(int argc, char** argv) {
  const auto experiment = assay::app::compression_study(
      "cifar100_compression", "Trains EfficientNet-B0 on CIFAR-100 with averaged weights and quantizes it.");
  return assay::app::run_main(experiment, argc, argv);
}
