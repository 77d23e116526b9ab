#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "config/value.h"

namespace assay::app {

/// Lists the keys that do not change a run's result, and so not its identity.
const std::vector<std::string>& non_semantic_keys();

/// Lists all settings that change a run's result by their dotted keys.
std::vector<std::pair<std::string, std::string>> semantic_settings(const config::Table& config);

/// Identifies a run: what is computed (configuration), by what (this executable), from what (the data).
/// Returns 64 hexadecimal digits.
std::string make_run_key(const config::Table& config, const std::string& data_digest);

/// Is the folder of one run, held by this process alone.
class RunFolder {
 public:
  /// Makes `<dir>/<experiment>/<first 12 digits of the key>` and locks it.
  /// Errors: Error(kData) when it cannot be made, another process holds it, or the disk is nearly full.
  RunFolder(const std::filesystem::path& dir, const std::string& experiment, const std::string& run_key);
  ~RunFolder();
  RunFolder(const RunFolder&) = delete;
  RunFolder& operator=(const RunFolder&) = delete;

  /// Returns the folder that a run of this key has.
  static std::filesystem::path path_of(const std::filesystem::path& dir, const std::string& experiment,
                                       const std::string& run_key);

  const std::filesystem::path& path() const { return path_; }

  /// Tells whether a run of this key has already finished here.
  bool is_finished() const;

 private:
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace assay::app
