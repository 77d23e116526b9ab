#include "config/fingerprint.h"

#include <algorithm>

#include "core/redact.h"
#include "core/sha256.h"

namespace assay::config {
namespace {

void collect(const Table& table, const std::string& prefix, std::vector<std::pair<std::string, std::string>>& leaves) {
  for (const auto& [key, value] : table.entries()) {
    if (const auto* inner = value.get_if<Table>()) {
      collect(*inner, prefix + key + ".", leaves);
    } else {
      leaves.emplace_back(prefix + key, redact_logins(value.to_toml()));
    }
  }
}

bool is_under(const std::string& key, const std::string& ancestor) {
  return key == ancestor || (key.starts_with(ancestor) && key[ancestor.size()] == '.');
}

}  // namespace

std::vector<std::pair<std::string, std::string>> flatten(const Table& table, const std::vector<std::string>& left_out) {
  std::vector<std::pair<std::string, std::string>> leaves;
  collect(table, "", leaves);
  std::erase_if(leaves, [&](const auto& leaf) {
    return std::any_of(left_out.begin(), left_out.end(), [&](const auto& key) { return is_under(leaf.first, key); });
  });
  std::sort(leaves.begin(), leaves.end());
  return leaves;
}

std::string fingerprint(const Table& table, const std::vector<std::string>& left_out) {
  std::string canonical;
  for (const auto& [key, text] : flatten(table, left_out)) canonical += key + " = " + text + "\n";
  return sha256(canonical);
}

}  // namespace assay::config
