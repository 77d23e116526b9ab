#include "device/memory_size.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <map>

#include "core/error.h"

namespace assay::device {

std::int64_t parse_memory_size(const std::string& text, const std::string& key) {
  static const std::map<std::string, double> kUnits = {{"", 1.0},       {"B", 1.0},      {"kB", 1e3},
                                                       {"KB", 1e3},     {"MB", 1e6},     {"GB", 1e9},
                                                       {"KiB", 1024.0}, {"MiB", 0x1p20}, {"GiB", 0x1p30}};
  char* end = nullptr;
  const double number = std::strtod(text.c_str(), &end);
  std::string unit = end;
  unit.erase(0, unit.find_first_not_of(' '));
  const auto found = kUnits.find(unit);
  const bool is_size = end != text.c_str() && found != kUnits.end() && number > 0.0 && number * found->second < 1e18;
  if (!is_size) {
    throw Error(ErrorKind::kConfig, fmt::format("{} = \"{}\" is not a memory size", key, text), "",
                "such as \"2 GB\", \"1.5 GiB\" or \"800 MB\"");
  }
  return std::llround(number * found->second);
}

std::string format_memory_size(std::int64_t num_bytes) {
  const auto bytes = static_cast<double>(num_bytes);
  return bytes >= 1e9 ? fmt::format("{:.1f} GB", bytes / 1e9) : fmt::format("{:.0f} MB", bytes / 1e6);
}

}  // namespace assay::device
