#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace assay::report {

/// Reads typed fields of a JSON object in which any field may be missing; null counts as absent.
/// Errors: every getter throws Error(kData) naming the field if it has a wrong type or is out of range.
class FieldReader {
 public:
  /// `missing` collects the dotted names of requested fields that are absent.
  FieldReader(const Json& object, std::string path, std::string origin, std::vector<std::string>* missing);

  /// Returns a string; empty if absent.
  std::string text(std::string_view key) const;
  /// Returns a string whose absence is not recorded.
  std::string optional_text(std::string_view key) const;
  /// Returns a required string. Errors: Error(kData) if absent or empty.
  std::string required_text(std::string_view key) const;
  std::vector<std::string> texts(std::string_view key) const;
  /// Returns a number in [low, high].
  std::optional<double> number(std::string_view key, double low, double high) const;
  /// Returns an integer from `low` up to 2^53, beyond which JSON numbers lose their last digits.
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t low) const;
  std::optional<bool> flag(std::string_view key) const;
  /// Returns a reader of a nested object; if absent, of an empty one, which adds nothing to `missing`.
  FieldReader object(std::string_view key) const;
  /// Returns readers of a list of objects; their paths contain the index.
  std::vector<FieldReader> objects(std::string_view key) const;
  /// Returns the field itself, or nothing; its absence is not recorded.
  const Json* find(std::string_view key) const;

  /// Throws Error(kData): "<path>.<key>: <what>".
  [[noreturn]] void fail(std::string_view key, std::string_view what) const;

 private:
  std::string path_of(std::string_view key) const;
  const Json* find_or_note(std::string_view key) const;

  const Json* object_;
  std::string path_;
  std::string origin_;
  std::vector<std::string>* missing_;
};

}  // namespace assay::report
