// Which pest is on this photograph? Any folder or list of photographs, on whatever device and memory there is.
// Run:      pest_recognition experiment=smoke                       (drawn images; 10 seconds on 2 cores)
//           pest_recognition data=image_folder data.folder=DIR
// Expected: README.md beside this file.

#include "app/compression_study.h"

int main(int argc, char** argv) {
  const auto experiment = assay::app::compression_study(
      "pest_recognition", "Trains a classifier of photographs, sized to the device that it finds.");
  return assay::app::run_main(experiment, argc, argv);
}
