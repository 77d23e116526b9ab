#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/json.h"
#include "device/batch_finder.h"

namespace assay::device {

/// Caches the micro batches found, in one small JSON file each, so that a repeated run need not search again. A problem
/// with a file is reported and otherwise ignored.
class BatchCache {
 public:
  /// `question` contains everything that the size depends on: model, shapes, precision, optimizer, device, bounds. The
  /// build and the budget are added; the budget is rounded down to an eighth of a power of two, since free memory
  /// varies.
  BatchCache(const std::filesystem::path& folder, Json question, std::int64_t budget_bytes);

  /// Returns the cached size.
  std::optional<std::int64_t> find() const;

  void keep(const FoundBatch& found) const;

  const std::filesystem::path& file() const { return file_; }

 private:
  Json question_;
  std::filesystem::path file_;
};

/// Returns $XDG_CACHE_HOME/assay/batch or ~/.cache/assay/batch; empty if there is no home.
std::filesystem::path batch_cache_folder();

}  // namespace assay::device
