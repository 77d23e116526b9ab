#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

/// JSON whose objects keep their keys in insertion order.
using Json = nlohmann::ordered_json;

/// Deepest accepted nesting of lists and objects; deeper nesting costs a disproportionate amount of memory.
inline constexpr int kMaxJsonDepth = 100;

/// Formats JSON, in one line by default. Text that is not UTF-8 becomes U+FFFD; NaN and infinities become null.
std::string format_json(const Json& value, int indent = -1);

/// Returns whether text is UTF-8, as JSON and everything derived from it must be.
bool is_utf8(std::string_view text);

/// Parses the output of another program, such as a server; nothing if it is not JSON or nests deeper than
/// kMaxJsonDepth.
std::optional<Json> try_parse_json(std::string_view text);

/// Parses JSON text. `origin` names it in errors.
/// Errors: Error(kData) with the origin and the byte position; also for deeper nesting than kMaxJsonDepth.
Json parse_json(std::string_view text, std::string_view origin);

/// Reads and parses a JSON file. Errors: Error(kData).
Json read_json(const std::filesystem::path& path);

/// Writes indented JSON atomically; NaN and infinities become null. Errors: Error(kData).
void write_json(const std::filesystem::path& path, const Json& value);

}  // namespace assay
