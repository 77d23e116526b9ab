// What does each switch of training bring: workers, precision, accumulation, averaged weights, channels kept?
// Run:      cifar10_classifier experiment=smoke                       (drawn images; 3 seconds on 2 cores)
//           cifar10_classifier -m @configs/grid/switches.toml data.folder=DIR
// Expected: README.md beside this file.

#include "app/compression_study.h"

int main(int argc, char** argv) {
  const auto experiment = assay::app::compression_study(
      "cifar10_classifier", "Trains a CIFAR-10 classifier and measures what each switch of training brings.");
  return assay::app::run_main(experiment, argc, argv);
}
