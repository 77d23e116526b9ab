#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "core/json.h"
#include "device/batch_finder.h"

namespace assay::device {

/// Keeps the micro batches that were found, one small JSON file each, so that a repeated run need not look again.
/// It is a convenience: whatever is wrong with a file is told and otherwise ignored.
class BatchCache {
 public:
  /// `question` is all that the size depends on: model, shapes, precision, optimizer, device, bounds. This build and
  /// the budget, rounded down to an eighth of a power of two, since free memory is never twice the same, are added.
  BatchCache(const std::filesystem::path& folder, Json question, std::int64_t budget_bytes);

  /// Returns the size that was found before.
  std::optional<std::int64_t> find() const;

  void keep(const FoundBatch& found) const;

  const std::filesystem::path& file() const { return file_; }

 private:
  Json question_;
  std::filesystem::path file_;
};

/// Returns $XDG_CACHE_HOME/assay/batch or ~/.cache/assay/batch; empty where there is no home.
std::filesystem::path batch_cache_folder();

}  // namespace assay::device
