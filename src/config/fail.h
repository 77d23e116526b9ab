#pragma once

#include <algorithm>
#include <string>

#include "config/value.h"
#include "core/error.h"
#include "core/redact.h"

namespace assay::config {

/// Throws Error(kConfig) for the value at `origin`.
[[noreturn]] inline void fail(const std::string& message, const Origin& origin, const std::string& hint = "") {
  throw Error(ErrorKind::kConfig, message, origin.to_string(), hint);
}

/// Shortens a text that is too long for a message. Logins are masked first: half a login could not be found any more.
inline std::string shorten(const std::string& whole) {
  const auto text = redact_logins(whole);
  constexpr std::size_t kLongest = 80;
  auto end = std::min(text.size(), kLongest);
  while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return end == text.size() ? text : text.substr(0, end) + "...";
}

}  // namespace assay::config
