#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/files.h"
#include "config/grammar.h"

namespace assay::config {

/// One file of a composition, and the table in which it is placed.
struct PlacedFile {
  std::string name;     ///< "train/schedule/cosine"
  std::string package;  ///< "train.schedule"; empty for the root
  std::string key;      ///< the group that chooses it: "train/schedule", "db@source"; empty if nothing can
  std::string parent;   ///< the file whose defaults list named it; empty for the primary one
};

/// Follows the defaults lists from the primary file on, depth first, and lists the chosen files in merge order, later
/// over earlier.
///
/// `choices` are overrides of groups: `group=option`, `group=[a,b]`, `+group=option`, `~group`; a group that is not at
/// its own place is addressed as `group@package`. A choice on the command line takes precedence over every `override`
/// in a file; of these the outermost and last wins. `${group}` in the name of an option is the option chosen for that
/// group.
/// Source: Hydra 1.3's defaults list; docs/config.md lists the differences.
/// Errors: Error(kConfig) with position and the nearest name: missing files and groups, cycles, groups chosen twice,
/// "???" that is never filled, overrides without a target; all of them together.
std::vector<PlacedFile> make_defaults_list(ConfigFiles& files, const std::string& primary,
                                           const std::vector<Override>& choices);

}  // namespace assay::config
