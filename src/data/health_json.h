#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>

#include "core/json.h"
#include "data/health.h"

namespace assay::data {

/// Returns everything that was found, with counts; docs/record.md tells the keys.
Json to_json(const Health& health);

/// Reads what to_json() returned. Errors: Json::exception for anything else.
Health health_from_json(const Json& json);

/// Returns the same with lists of at most `most` findings, for a record that people read.
Json shorten(Json health, std::size_t most);

/// Remembers what was found in one set of images, in a small file of a folder, so that a repeated run need not read all
/// of them again. A problem with the file is reported and otherwise ignored.
class HealthCache {
 public:
  /// `question` holds all that the answer depends on: data, splits, size, options.
  HealthCache(const std::filesystem::path& folder, Json question);

  std::optional<Health> find() const;

  void keep(const Health& health) const;

  const std::filesystem::path& file() const { return file_; }

 private:
  Json question_;
  std::filesystem::path file_;
};

}  // namespace assay::data
