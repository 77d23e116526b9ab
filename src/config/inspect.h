#pragma once

#include <string>
#include <vector>

#include "config/compose.h"

namespace assay::config {

/// Lists what was merged, a line a file: its name, the table it is placed in, what chooses it, and who named it.
std::string describe_defaults(const std::vector<PlacedFile>& files);

/// Lists the folders of the search path, first come first served.
std::string describe_search_path(const ConfigFiles& files);

/// Returns the arguments that give a run, separated by blanks.
std::string describe_run(const std::vector<Override>& overrides);

/// Tells who set a key: its value with the origin, then, one a line, what stood there before; of a table, each key
/// below. Errors: Error(kConfig) when there is no such key (the nearest is suggested).
std::string explain(const Table& composed, const std::string& key);

}  // namespace assay::config
