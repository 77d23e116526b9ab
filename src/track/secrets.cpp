#include "track/secrets.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>

namespace assay::track {

bool is_secret_name(const std::filesystem::path& path) {
  constexpr std::array kPatterns = {
      ".env",         ".env.*", ".envrc",  "*.env",         "*.pem",         "*.key",         "*.p12",
      "*.pfx",        "*.jks",  "*.kdbx",  "id_rsa*",       "id_dsa*",       "id_ecdsa*",     "id_ed25519*",
      ".ssh",         ".gnupg", ".aws",    "*credentials*", "*secret*.json", "*secret*.toml", "*secret*.y*ml",
      "*secret*.txt", ".netrc", ".pgpass", ".npmrc",        ".pypirc",       ".htpasswd",     ".dockerconfigjson",
      "kubeconfig*",
  };
  return std::any_of(path.begin(), path.end(), [&](const std::filesystem::path& part) {
    return std::any_of(kPatterns.begin(), kPatterns.end(),
                       [&part](const char* pattern) { return ::fnmatch(pattern, part.c_str(), FNM_CASEFOLD) == 0; });
  });
}

std::string strip_login(std::string_view url) {
  const auto separator = url.find("://");
  if (separator == std::string_view::npos) return std::string(url);  // a path, or "git@host:path"
  const auto scheme = url.substr(0, separator);
  auto address = url.substr(separator + 3);
  const auto authority = address.substr(0, address.find_first_of("/?#"));
  auto at = authority.rfind('@');
  // What follows a colon is a port, or else a password that holds an unescaped slash.
  const auto colon = authority.find(':');
  if (at == std::string_view::npos && colon != std::string_view::npos && !authority.starts_with('[') &&
      authority.find_first_not_of("0123456789", colon + 1) != std::string_view::npos)
    at = address.rfind('@');
  std::string user;
  if (at != std::string_view::npos) {
    if (scheme.ends_with("ssh")) user = std::string(address.substr(0, std::min(address.find(':'), at))) + "@";
    address.remove_prefix(at + 1);
  }
  if (scheme != "file") address = address.substr(0, address.find_first_of("?#"));
  return std::string(scheme) + "://" + user + std::string(address);
}

}  // namespace assay::track
