#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/json.h"
#include "train/optimizers/optimizer.h"

namespace assay::train {

/// Settings by dotted key ("train.optimizer.lr", "0.1").
using Settings = std::vector<std::pair<std::string, std::string>>;

/// The complete state from which a training resumes with the same bits.
struct Snapshot {
  Settings settings;  ///< of the run it belongs to
  Json counters;
  NamedTensors tensors;
};

/// Saves a snapshot atomically, with a checksum.
/// Errors: Error(kData) naming the path and the system's reason.
void save_snapshot(const Snapshot& snapshot, const std::filesystem::path& file);

/// Loads a file of save_snapshot; its tensors are on the CPU.
/// Errors: Error(kData) if the file is missing, damaged or something else.
Snapshot load_snapshot(const std::filesystem::path& file);

/// Copies saved tensors into the live ones of the same names.
/// Errors: Error(kData) naming the first tensor that is missing or of another shape; then nothing has been copied.
void restore_tensors(const NamedTensors& saved, const NamedTensors& live);

/// Rejects a snapshot of another run. Errors: Error(kConfig) with the settings that differ and both values.
void check_settings(const Settings& saved, const Settings& current);

/// Keeps the two newest snapshots of a run.
class SnapshotFolder {
 public:
  explicit SnapshotFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  /// Saves as `step-<step>.ckpt`, then removes all but the two newest.
  /// Errors: Error(kData); earlier snapshots remain.
  void save(const Snapshot& snapshot, std::int64_t step) const;

  /// Returns the newest intact snapshot; reports damaged ones on stderr and renames them to *.damaged.
  std::optional<Snapshot> newest() const;

  /// Returns whether there is none, intact or damaged.
  bool empty() const { return newest_first().empty(); }

  /// Removes all snapshots.
  void clear() const;

 private:
  std::vector<std::filesystem::path> newest_first() const;

  std::filesystem::path folder_;
};

}  // namespace assay::train
