// Do colour and brightness recognise more together, when a network mixes them by weights that it learns?
// Run:      continuous_integration experiment=smoke                       (drawn images; 10 seconds on 2 cores)
//           continuous_integration data.folder=DIR
// Expected: README.md beside this file.

#include "app/compression_study.h"

int main(int argc, char** argv) {
  const auto experiment = assay::app::compression_study(
      "continuous_integration",
      "Trains the two-pathway network, whose mixing weights are learned, and quantizes both pathways.");
  return assay::app::run_main(experiment, argc, argv);
}
