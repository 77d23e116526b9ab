#include "config/inspect.h"

#include <fmt/format.h>

#include <algorithm>

#include "config/fingerprint.h"
#include "config/suggest.h"
#include "core/error.h"
#include "core/redact.h"

namespace assay::config {
namespace {

void explain_value(const std::string& key, const Value& value, std::string& text) {
  if (const auto* table = value.get_if<Table>()) {
    for (const auto& [name, inner] : table->entries()) explain_value(key + "." + name, inner, text);
    return;
  }
  text += fmt::format("{} = {}  # {}\n", key, value.to_toml(), value.origin().to_string());
  for (const auto* earlier = value.replaced().get(); earlier != nullptr; earlier = earlier->value.replaced().get()) {
    text += fmt::format("  instead of {}  # {}\n", earlier->value.to_toml(), earlier->value.origin().to_string());
  }
}

}  // namespace

std::string describe_defaults(const std::vector<PlacedFile>& files) {
  std::size_t width = 4;
  for (const auto& file : files) width = std::max(width, file.name.size());
  auto text = fmt::format("{:<{}}  {:<24}  {:<28}  {}\n", "file", width, "placed in", "chosen by", "named by");
  for (const auto& file : files) {
    const auto package = file.package.empty() ? "(root)" : file.package;
    const auto key = file.key.empty() ? "" : file.key + "=...";
    const auto parent = file.parent.empty() ? "(the command)" : file.parent;
    text += fmt::format("{:<{}}  {:<24}  {:<28}  {}\n", file.name, width, package, key, parent);
  }
  return text;
}

std::string describe_search_path(const ConfigFiles& files) {
  std::string text;
  for (const auto& folder : files.folders()) text += folder.string() + "\n";
  return text;
}

std::string describe_run(const std::vector<Override>& overrides) {
  std::string text;
  for (const auto& one : overrides) text += (text.empty() ? "" : " ") + one.text;
  return redact_logins(std::move(text));
}

std::string explain(const Table& composed, const std::string& key) {
  const auto* value = find_path(composed, key);
  if (value == nullptr) {
    std::vector<std::string> known;
    for (const auto& [name, ignored] : flatten(composed)) known.push_back(name);
    throw Error(ErrorKind::kConfig, fmt::format("there is no key {}", key), "--explain", suggest(key, known));
  }
  std::string text;
  explain_value(key, *value, text);
  return redact_logins(std::move(text));
}

}  // namespace assay::config
