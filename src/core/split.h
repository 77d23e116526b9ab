#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace assay {

/// Splits text at each separator: "a..b" at '.' gives "a", "" and "b"; empty text gives one empty part.
std::vector<std::string> split(std::string_view text, char separator);

}  // namespace assay
