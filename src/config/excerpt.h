#pragma once

#include <string>

namespace assay::config {

/// Inserts, after each line of an error's text that ends in a place, "(file:line:column)", that line of the file with a
/// caret under the column. Files that cannot be read are skipped.
std::string with_excerpts(const std::string& error_text);

}  // namespace assay::config
