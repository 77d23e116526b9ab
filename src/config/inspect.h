#pragma once

#include <string>
#include <vector>

#include "config/compose.h"

namespace assay::config {

/// Lists the merged files, one per line: its name, the table it is placed in, what chooses it, and who named it.
std::string describe_defaults(const std::vector<PlacedFile>& files);

/// Lists the folders of the search path in order of precedence.
std::string describe_search_path(const ConfigFiles& files);

/// Returns the arguments that produce a run, separated by blanks.
std::string describe_run(const std::vector<Override>& overrides);

/// Explains who set a key: its value with the origin, then the values that it replaced, one per line; for a table, each
/// key below it. Errors: Error(kConfig) if there is no such key (the nearest is suggested).
std::string explain(const Table& composed, const std::string& key);

}  // namespace assay::config
