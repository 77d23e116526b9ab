#pragma once

#include <string>
#include <utility>
#include <vector>

#include "config/grammar.h"
#include "expect_error.h"

namespace assay::config {

using Pairs = std::vector<std::pair<std::string, std::string>>;

/// Returns the values after `=`, as TOML, with " | " between those of a sweep.
inline std::string values(const std::string& text) {
  std::string joined;
  for (const auto& value : parse_override("k=" + text, 1).values)
    joined += (joined.empty() ? "" : " | ") + value.to_toml();
  return joined;
}

/// Expects that each text has the values given with it.
inline void expect_values(const Pairs& pairs) {
  for (const auto& [text, expected] : pairs) EXPECT_EQ(values(text), expected) << text;
}

/// Expects that each text gives an error that contains `part`.
inline void expect_refused(const std::vector<std::string>& texts, const std::string& part = "") {
  for (const auto& text : texts) {
    SCOPED_TRACE(text);
    EXPECT_ERROR(parse_override("k=" + text, 1), kConfig, part);
  }
}

}  // namespace assay::config
