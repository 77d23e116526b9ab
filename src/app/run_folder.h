#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "config/value.h"

namespace assay::app {

/// Identifies a run: what is computed (configuration), by what (this executable), from what (data and weights).
/// The keys of `outside_run_key` are left out (config/option.h). Returns 64 hexadecimal digits.
std::string make_run_key(const config::Table& config, const std::vector<std::string>& outside_run_key,
                         const std::string& inputs_digest);

/// The folder of one run, held by this process alone.
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
