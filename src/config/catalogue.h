#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/option.h"

namespace assay::config {

/// The options of an experiment, for programs that do not link its code: written when the engine is built, read by the
/// command that starts it, by completion and by the reference.
struct Catalogue {
  std::string experiment;
  std::string summary;
  std::vector<Option> options;
};

/// Writes a catalogue as JSON, atomically. Errors: Error(kData).
void write_catalogue(const std::filesystem::path& path, const Catalogue& catalogue);

/// Reads a catalogue. Errors: Error(kData) if it is missing or of another version.
Catalogue read_catalogue(const std::filesystem::path& path);

}  // namespace assay::config
