#include "core/system_file.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

namespace assay {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view skip(std::string_view text, std::string_view characters) {
  return text.substr(std::min(text.find_first_not_of(characters), text.size()));
}

}  // namespace

std::string read_system_file(const std::filesystem::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();  // where reading fails, as of a folder, iterators would throw
  return std::move(text).str();
}

std::string_view find_field(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (!line.starts_with(key)) continue;
    const auto rest = line.substr(key.size());
    if (!rest.empty() && (kBlanks.find(rest.front()) != std::string_view::npos || rest.front() == ':'))
      return skip(rest, " \t:");
  }
  return {};
}

std::optional<std::int64_t> parse_count(std::string_view text) {
  text = skip(text, kBlanks);
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || count < 0) return std::nullopt;
  const auto rest = text.substr(static_cast<std::size_t>(end - text.data()));
  if (!rest.empty() && std::string_view(" \t\n").find(rest.front()) == std::string_view::npos) return std::nullopt;
  return count;
}

}  // namespace assay
