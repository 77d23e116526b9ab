#include "core/redact.h"

#include <algorithm>
#include <string_view>

namespace assay {
namespace {

/// Returns the length of the login in an address, after its scheme; 0 if there is none.
std::size_t login_length(std::string_view address) {
  address = address.substr(0, address.find_first_of(" \t\r\n\"'`"));
  const auto authority = address.substr(0, address.find_first_of("/?#"));
  if (const auto at = authority.rfind('@'); at != std::string_view::npos) return at;
  // After a colon comes a port, or else a password with a slash in it.
  const bool may_have_password = authority.find(':') != std::string_view::npos && !authority.starts_with('[');
  const auto at = may_have_password ? address.rfind('@') : std::string_view::npos;
  return at == std::string_view::npos ? 0 : at;
}

}  // namespace

std::string redact_logins(std::string text) {
  constexpr std::string_view kSeparator = "://";
  constexpr std::string_view kMask = "***";
  for (auto at = text.find(kSeparator); at != std::string::npos; at = text.find(kSeparator, at)) {
    at += kSeparator.size();
    const auto length = login_length(std::string_view(text).substr(at));
    if (length > 0) text.replace(at, length, kMask);
  }
  return text;
}

}  // namespace assay
