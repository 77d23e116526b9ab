#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string_view>

namespace assay {

/// JSON whose objects keep the order in which keys were set.
using Json = nlohmann::ordered_json;

/// Parses JSON text. `origin` names it in errors.
/// Errors: Error(kData) with the origin and the byte position.
Json parse_json(std::string_view text, std::string_view origin);

/// Reads and parses a JSON file. Errors: Error(kData).
Json read_json(const std::filesystem::path& path);

/// Writes indented JSON atomically; NaN and infinities become null. Errors: Error(kData).
void write_json(const std::filesystem::path& path, const Json& value);

}  // namespace assay
