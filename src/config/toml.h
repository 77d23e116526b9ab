#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "config/value.h"

namespace assay::config {

/// Parses TOML 1.0 text; `source` names it in origins and errors.
/// Errors: Error(kConfig) with source:line:column for invalid TOML, and for dates, which no option takes.
Table parse_toml(std::string_view text, const std::string& source);

/// Reads and parses a TOML file. Errors: Error(kConfig); Error(kData) if it cannot be read.
Table read_toml(const std::filesystem::path& path);

/// Writes a table as a TOML document, sub-tables as [sections], each value followed by a comment with its origin.
std::string write_toml(const Table& table);

}  // namespace assay::config
