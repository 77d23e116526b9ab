#pragma once

#include <string>
#include <string_view>

#include "config/value.h"

namespace assay::config {

/// One table of the resolved configuration and its dotted path ("train.schedule").
class Section {
 public:
  Section() = default;
  Section(Table table, std::string path, Origin origin);

  const Table& table() const { return table_; }
  const std::string& path() const { return path_; }
  const Origin& origin() const { return origin_; }

  /// Returns the full dotted name of a key of this table.
  std::string key_path(std::string_view key) const;

  /// Returns the value of `name`: the plug-in that this section configures.
  /// Errors: Error(kConfig) if it is missing or not a string.
  std::string name() const;

 private:
  Table table_;
  std::string path_;
  Origin origin_;
};

/// Returns the table `key` of a section as its own section.
/// Errors: Error(kConfig) if it is missing (the nearest key is suggested) or not a table.
Section subsection(const Section& section, const std::string& key);

/// Returns the table `key` as that of a plug-in: one without `name`, or an absent one, is named by the key itself.
/// Errors: Error(kConfig) if it is not a table.
Section named_section(const Section& section, const std::string& key);

}  // namespace assay::config
