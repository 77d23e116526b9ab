#include "core/checked_file.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/file.h"
#include "core/sha256.h"

namespace assay {
namespace {

std::string first_line(std::string_view kind, std::string_view bytes) {
  return fmt::format("assay {} 1 {} {}\n", kind, bytes.size(), sha256(bytes));
}

}  // namespace

void write_checked_file(const std::filesystem::path& path, std::string_view kind, std::string_view bytes) {
  write_file_atomically(path, {first_line(kind, bytes), bytes});
}

std::string read_checked_file(const std::filesystem::path& path, std::string_view kind) {
  auto content = read_file(path);
  const auto end = content.find('\n');
  const auto line = content.substr(0, end == std::string::npos ? 0 : end + 1);
  if (!line.starts_with(fmt::format("assay {} 1 ", kind))) {
    throw Error(ErrorKind::kData, fmt::format("{} is no {} file of this version of Assay", path.string(), kind), "",
                "remove it, or restore it from a copy");
  }
  content.erase(0, line.size());
  if (first_line(kind, content) != line) {
    throw Error(
        ErrorKind::kData,
        fmt::format("{} is damaged: its {} bytes are not those that were written", path.string(), content.size()), "",
        "remove it, or restore it from a copy");
  }
  return content;
}

}  // namespace assay
