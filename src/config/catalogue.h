#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/option.h"

namespace assay::config {

/// Describes an experiment to those that do not link its code: written when it is built, read by the command that
/// starts it, by completion and by the reference.
struct Catalogue {
  std::string experiment;
  std::string summary;
  std::vector<Option> options;
};

/// Writes a catalogue as JSON, atomically. Errors: Error(kData).
void write_catalogue(const std::filesystem::path& path, const Catalogue& catalogue);

/// Reads a catalogue. Errors: Error(kData) when there is none or it is another version's.
Catalogue read_catalogue(const std::filesystem::path& path);

}  // namespace assay::config
