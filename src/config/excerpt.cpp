#include "config/excerpt.h"

#include <fmt/format.h>

#include <fstream>
#include <optional>
#include <regex>
#include <sstream>

#include "config/grammar_text.h"

namespace assay::config {
namespace {

std::optional<std::string> read_line(const std::string& path, int number) {
  std::ifstream file(path);
  std::string line;
  for (int i = 0; i < number; ++i) {
    if (!std::getline(file, line)) return std::nullopt;
  }
  return line;
}

// Columns count characters; the text is addressed by bytes.
std::size_t byte_of_column(const std::string& line, int column) {
  std::size_t byte = 0;
  for (int i = 1; i < column && byte < line.size(); ++i) {
    do {
      ++byte;
    } while (byte < line.size() && (static_cast<unsigned char>(line[byte]) & 0xC0U) == 0x80U);
  }
  return byte;
}

}  // namespace

std::string with_excerpts(const std::string& error_text) {
  static const std::regex kPlace(R"(\(([^()]+):(\d{1,9}):(\d{1,9})\)$)");
  std::istringstream lines(error_text);
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    text += (text.empty() ? "" : "\n") + line;
    std::smatch place;
    if (line.size() > 4096 || !std::regex_search(line, place, kPlace)) continue;
    if (const auto shown = read_line(place[1], std::stoi(place[2])))
      text += "\n" + excerpt(*shown, byte_of_column(*shown, std::stoi(place[3])));
  }
  return text;
}

}  // namespace assay::config
