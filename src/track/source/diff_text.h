#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace assay::track {

/// Puts a diff together file by file: a file's change is in it whole or not at all, so that what is in it applies. Only
/// lines that look like secrets are replaced, which is told.
class DiffText {
 public:
  explicit DiffText(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  /// Says whether a file's change of this size still fits.
  bool fits(std::size_t num_bytes) const { return num_bytes <= max_bytes_ - patches_.size(); }

  /// Adds one file's change, or names the file when that does not fit.
  void add(std::string_view path, std::string_view patch);

  /// Names a file that is not in the diff.
  void leave_out(std::string_view path, std::string_view why);

  /// Names a file whose change is too long.
  void leave_out_long(std::string_view path, std::size_t num_bytes);

  /// Returns the names of what is left out, then the changes.
  std::string text() const;

 private:
  const std::size_t max_bytes_;
  std::string patches_;
  std::string left_out_;
  int num_left_out_ = 0;
};

}  // namespace assay::track
