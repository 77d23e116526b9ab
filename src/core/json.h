#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace assay {

/// JSON whose objects keep the order in which keys were set.
using Json = nlohmann::ordered_json;

/// The deepest nesting of lists and objects that is read: what nests deeper costs memory out of all proportion.
inline constexpr int kMaxJsonDepth = 100;

/// Formats JSON, in one line unless `indent` says otherwise. What is not UTF-8 becomes U+FFFD, NaN and infinities null.
std::string format_json(const Json& value, int indent = -1);

/// Tells whether text is UTF-8, as JSON and all that is made of it must be.
bool is_utf8(std::string_view text);

/// Parses what another program wrote, such as a server; nothing for what is no JSON, or nests deeper than
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
