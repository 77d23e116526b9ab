#pragma once

#include <map>
#include <string>
#include <vector>

#include "config/files.h"
#include "config/grammar.h"

namespace assay::config {

/// Is one file of a composition, and the table that it is placed in.
struct PlacedFile {
  std::string name;     ///< "train/schedule/cosine"
  std::string package;  ///< "train.schedule"; empty for the root
  std::string key;      ///< what chooses it: "train/schedule", "db@source"; empty when nothing can
  std::string parent;   ///< the file whose defaults list brought it; empty for the primary one
};

/// Follows the defaults lists from the primary file on, depth first, and lists what they choose in the order in which
/// it is merged, later over earlier.
///
/// `choices` are overrides of groups: `group=option`, `group=[a,b]`, `+group=option`, `~group`; a group that stands at
/// another place than its own is addressed as `group@package`. What the command line chooses beats every `override` in
/// a file; of these the outermost and last wins. `${group}` in the name of an option is what that group has become.
/// Source: Hydra 1.3's defaults list; docs/config.md lists where this differs.
/// Errors: Error(kConfig) with position and the nearest name: files and groups that are not there, cycles, groups
/// chosen twice, "???" that nothing has filled, overrides that meet nothing; all of them at once.
std::vector<PlacedFile> make_defaults_list(ConfigFiles& files, const std::string& primary,
                                           const std::vector<Override>& choices);

}  // namespace assay::config
