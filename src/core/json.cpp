#include "core/json.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/file.h"

namespace assay {

Json parse_json(std::string_view text, std::string_view origin) {
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
  write_file_atomically(path, value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace assay
