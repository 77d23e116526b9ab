#include "core/json.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/file.h"

namespace assay {
namespace {

/// Returns the byte at which text begins to nest too deeply; nothing if it does not.
std::optional<std::size_t> find_depth(std::string_view text) {
  int depth = 0;
  bool is_quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (is_quoted && c == '\\') ++i;
    if (c == '"') is_quoted = !is_quoted;
    if (is_quoted) continue;
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (depth > kMaxJsonDepth) return i;
  }
  return std::nullopt;
}

}  // namespace

std::string format_json(const Json& value, int indent) {
  return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

bool is_utf8(std::string_view text) {
  const Json value = std::string(text);
  return value.dump(-1, ' ', false, Json::error_handler_t::ignore) ==
         value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Json> try_parse_json(std::string_view text) {
  if (find_depth(text)) return std::nullopt;
  auto value = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded()) return std::nullopt;
  return value;
}

Json parse_json(std::string_view text, std::string_view origin) {
  if (const auto byte = find_depth(text)) {
    throw Error(ErrorKind::kData, fmt::format("JSON nests more than {} levels deep", kMaxJsonDepth),
                fmt::format("{}:byte {}", origin, *byte + 1));
  }
  try {
    return Json::parse(text);
  } catch (const Json::parse_error& error) {
    throw Error(ErrorKind::kData, fmt::format("not valid JSON: {}", error.what()),
                fmt::format("{}:byte {}", origin, error.byte));
  } catch (const Json::exception& error) {  // a number beyond the range of a double
    throw Error(ErrorKind::kData, fmt::format("not usable JSON: {}", error.what()), std::string(origin));
  }
}

Json read_json(const std::filesystem::path& path) { return parse_json(read_file(path), path.string()); }

void write_json(const std::filesystem::path& path, const Json& value) {
  write_file_atomically(path, format_json(value, 2) + "\n");
}

}  // namespace assay
