#include "track/source/secrets.h"

#include <fnmatch.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include "core/redact.h"

namespace assay::track {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

/// Says whether one of the words that name secrets stands in front of `=` or `:` and a value that is written out.
bool assigns_secret(std::string_view line) {
  constexpr std::array kNames = {"password", "passwd",      "passphrase",  "pwd",        "secret",     "token",
                                 "api_key",  "api-key",     "apikey",      "access_key", "access-key", "accesskey",
                                 "auth_key", "private_key", "private-key", "credential", "credentials"};
  const auto text = lower(line);
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
    for (auto at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
      auto behind = text.find_first_not_of("_0123456789abcdefghijklmnopqrstuvwxyz-", at + name.size());
      // "secret_key", but not "tokens" or "passwords"
      if (behind != at + name.size() && text[at + name.size()] != '_' && text[at + name.size()] != '-') continue;
      behind = text.find_first_not_of("\"' \t]", behind == std::string::npos ? text.size() : behind);
      if (behind == std::string::npos || (text[behind] != '=' && text[behind] != ':')) continue;
      const auto value = text.find_first_not_of("=:\"' \t", behind);
      if (value == std::string::npos) continue;
      const auto end = text.find_first_of(" \t,;\"'", value);
      if (text.substr(value, end == std::string::npos ? end : end - value).find('(') == std::string::npos) return true;
    }
    return false;
  });
}

/// Says whether a word is a key by how it begins, as those of some services are.
bool is_known_key(std::string_view word) {
  constexpr std::array<std::string_view, 11> kBegins = {"AKIA", "ASIA", "ghp_",   "gho_", "ghs_", "github_pat_",
                                                        "hf_",  "sk-",  "glpat-", "xox",  "AIza"};
  constexpr std::size_t kShortest = 20;
  return word.size() >= kShortest &&
         std::any_of(kBegins.begin(), kBegins.end(), [&](std::string_view begin) { return word.starts_with(begin); });
}

/// Says whether a word is long and mixes capital and small letters and digits as random ones do.
bool is_random(std::string_view word) {
  constexpr std::size_t kShortest = 24;
  constexpr double kLeastBits = 3.8;  // of entropy a character; English words have less
  if (word.size() < kShortest) return false;
  std::array<int, 256> counts{};
  bool has_small = false;
  bool has_capital = false;
  bool has_digit = false;
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    ++counts[byte];
    has_small = has_small || std::islower(byte) != 0;
    has_capital = has_capital || std::isupper(byte) != 0;
    has_digit = has_digit || std::isdigit(byte) != 0;
  }
  double bits = 0.0;
  for (const auto count : counts) {
    const auto share = static_cast<double>(count) / static_cast<double>(word.size());
    if (count > 0) bits -= share * std::log2(share);
  }
  return has_small && has_capital && has_digit && bits >= kLeastBits;
}

}  // namespace

bool is_secret_line(std::string_view line) {
  if (line.find("-----BEGIN") != std::string_view::npos || assigns_secret(line)) return true;
  if (redact_logins(std::string(line)) != line) return true;
  const auto is_part = [](char c) { return is_word(c) || std::string_view("_-+=").find(c) != std::string_view::npos; };
  for (std::size_t begin = 0; begin < line.size();) {
    auto end = begin;
    while (end < line.size() && is_part(line[end])) ++end;
    const auto word = line.substr(begin, end - begin);
    if (is_known_key(word) || is_random(word)) return true;
    begin = end + 1;
  }
  return false;
}

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
