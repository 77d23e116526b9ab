#pragma once

#include <string>
#include <vector>

#include "core/error.h"

namespace assay::config {

/// Collects mistakes in a configuration, so that all are reported together.
class Problems {
 public:
  /// Adds one mistake: what is wrong, where, and what to do. Empty parts are omitted.
  void add(std::string message, const std::string& location = "", const std::string& hint = "");

  /// Calls `read` and adds the mistake that it throws as Error(kConfig); every other error passes through.
  template <typename Read>
  void collect(const Read& read) {
    try {
      read();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::kConfig) throw;
      texts_.emplace_back(error.what());
    }
  }

  bool empty() const { return texts_.empty(); }

  /// Throws if there are any mistakes.
  /// Errors: Error(kConfig) listing them all.
  void throw_if_any() const;

 private:
  std::vector<std::string> texts_;
};

}  // namespace assay::config
