#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/value.h"

namespace assay::config {

/// Lists every leaf as (dotted key, TOML text), sorted by key. An integer given for a number keeps its spelling. This
/// is the canonical form: independent of file layout, comments and key order; it is also logged to MLflow as params.
/// Keys in `left_out` and everything below them are omitted.
std::vector<std::pair<std::string, std::string>> flatten(const Table& table,
                                                         const std::vector<std::string>& left_out = {});

/// Hashes the canonical form. Returns 64 hexadecimal digits.
std::string fingerprint(const Table& table, const std::vector<std::string>& left_out = {});

}  // namespace assay::config
