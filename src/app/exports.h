#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/techniques.h"
#include "config/problems.h"

namespace assay::app {

/// Names the exporter of the files from which everything is measured.
inline constexpr auto kMeasuredExporter = "torchscript";

/// A file of a variant in another format, beside the one that is measured.
struct OtherFile {
  std::string exporter;
  std::string file;  ///< inside the run's folder
  std::int64_t size_bytes = 0;
  std::string sha256;
};

/// Checks which exporters each variant is written with.
/// Mistakes go to `problems`: kMeasuredExporter is absent, one is there twice, or one cannot write what a technique
/// makes.
void check_exports(const std::vector<std::string>& exports, const std::vector<Technique>& techniques,
                   config::Problems& problems);

}  // namespace assay::app
