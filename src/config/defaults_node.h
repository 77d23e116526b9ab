#pragma once

#include <optional>
#include <string>

#include "config/defaults.h"

namespace assay::config {

inline constexpr std::string_view kGlobalPackage = "_global_";

/// An entry of a defaults list in its context. Which file it names depends on the folder of the file with the list;
/// where that file's contents go depends on that file's package.
struct DefaultsNode {
  DefaultsEntry entry;
  std::string folder;   ///< of the file with the list: "train"; empty for the root
  std::string package;  ///< of that file: "train"
  std::string parent;   ///< its name: "train/default"
  /// The `__package__` of the named file, from the root: "_global_.a.b".
  std::optional<std::string> header;

  bool is_group() const { return entry.kind == DefaultsEntry::Kind::kGroup; }

  /// Returns the (first) option; empty if there is none.
  std::string option() const { return entry.options.empty() ? "" : entry.options.front(); }

  /// Returns the group from the root, or the folder of a config: "train/schedule".
  std::string group() const;

  /// Returns the name of the file: "train/schedule/cosine".
  std::string name() const;

  /// Returns where the file's contents go: "train.schedule"; empty for the root. A package in the list takes precedence
  /// over the file's `__package__`, and that over the group.
  std::string final_package() const;

  /// Returns the key with which an override addresses this entry: "train/schedule", or with a package other than the
  /// group's own "db@source", "db@_global_".
  std::string key() const;
};

/// Replaces every `/` of a group by `.`.
std::string as_package(std::string group);

}  // namespace assay::config
