#include "report/document.h"

namespace assay::report {

std::string_view verdict_word(Style style) {
  switch (style) {
    case Style::kMet:
      return "met";
    case Style::kMissed:
      return "MISSED";
    case Style::kUnknown:
      return "not measured";
    default:
      return "";
  }
}

std::string single_line(std::string_view text) {
  std::string line(text);
  for (auto& byte : line) {
    if (static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f) byte = ' ';
  }
  return line;
}

bool is_followable(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://") || url.starts_with("#");
}

}  // namespace assay::report
